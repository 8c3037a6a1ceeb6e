<?php

// Sends one message, as one of several PHP processes. Arguments: userid, password, folder of the lock files, phone.

declare(strict_types=1);

require __DIR__ . '/../src/CcellClient.php';
require __DIR__ . '/Account.php';

[, $userid, $password, $locks, $phone] = $argv;
$client = new Ccell\CcellClient(Account::url(), $userid, $password, locks: $locks);
echo $client->send([$phone], '您好【签名】')[0]->state->value;
