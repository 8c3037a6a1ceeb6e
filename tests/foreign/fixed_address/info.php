<?php
/** PHP's curl. CURLOPT_RESOLVE resolves the name. */
declare(strict_types=1);

[, $url] = $argv;
$host = parse_url($url, PHP_URL_HOST) . ':' . parse_url($url, PHP_URL_PORT);
$curl = curl_init($url);
curl_setopt_array($curl, [
    CURLOPT_RESOLVE => ["$host:127.0.0.1"],
    CURLOPT_POSTFIELDS => '<root userid="200001" password="123456"></root>',
]);
if (!curl_exec($curl)) {
    fwrite(STDERR, curl_error($curl));
    exit(1);
}
