<?php

// Sends one message, as one of several PHP processes. Arguments: userid, password, phone.

declare(strict_types=1);

require __DIR__ . '/../src/CcellClient.php';
require __DIR__ . '/Account.php';

[, $userid, $password, $phone] = $argv;
$client = new Ccell\CcellClient(Account::url(), $userid, $password);
echo $client->send([$phone], '您好【签名】')[0]->state->value;
