<?php
/** PHP's curl. It declares a POST as a form by default. json_encode escapes all Chinese. */
declare(strict_types=1);

const CONTENT = '验证码为1234。【签名】';
const PHONES = ['13800000000', '13900000001'];

[, $base, $userid, $password, $scenario] = $argv;
$url = "$base/sms3_api/jsonapi/jsonrpc2.jsp";
$plain = ['userid' => $userid, 'password' => $password];
$seqid = date_create('now', timezone_open('Asia/Shanghai'))->format('ymdHis') . '000001';
$signed = ['userid' => $userid, 'seqid' => $seqid, 'sign' => md5($seqid . md5($password))];
$milliseconds = (string) (int) (microtime(true) * 1000);
$each = array_map(fn(string $phone): array => ['phone' => $phone, 'content' => CONTENT], PHONES);
$joined = [['phone' => implode(',', PHONES), 'content' => CONTENT]];
$twice = [['phone' => implode(',', PHONES), 'content' => urlencode(CONTENT)]];

function call(mixed $id, array $params, int $flags = 0, string $method = 'send'): string
{
    return json_encode(['id' => $id, 'method' => $method, 'params' => $params], $flags | JSON_THROW_ON_ERROR);
}

function post(string $url, string $body, string ...$headers): string
{
    return perform($url, [CURLOPT_POSTFIELDS => $body, CURLOPT_HTTPHEADER => $headers]);
}

function perform(string $url, array $options = []): string
{
    $curl = curl_init($url);
    curl_setopt_array($curl, $options + [CURLOPT_RETURNTRANSFER => true]);
    $answer = curl_exec($curl);
    if ($answer === false) {
        echo json_encode(['lost' => curl_error($curl)]), "\n";
        exit(0);
    }
    return $answer;
}

/** Prints the first item. Other members, or values that are not strings, are errors. */
function read(string $answer, mixed $id, array $members, array $printed): void
{
    $read = json_decode($answer, true, flags: JSON_THROW_ON_ERROR);
    if ($read['id'] !== $id) {
        throw new RuntimeException("another id: $answer");
    }
    if (isset($read['error'])) {
        echo json_encode(['error' => $read['error']['code'], 'message' => $read['error']['message']]), "\n";
        return;
    }
    $item = $read['result'][0];
    if (array_keys($item) !== $members || array_filter($item, 'is_string') !== $item) {
        throw new RuntimeException("unreadable: $answer");
    }
    echo json_encode(array_map(fn(string $name): string => $item[$name], $printed)), "\n";
}

[$id, $answer] = match ($scenario) {
    'post' => [$milliseconds, post($url, call($milliseconds, $plain + ['submit' => $each]))],
    'post-json' => [
        $seqid,
        post(
            $url,
            call($seqid, $signed + ['submit' => $joined], JSON_UNESCAPED_UNICODE),
            'Content-Type: application/json',
        ),
    ],
    'post-content-encoded' => [1, post($url, call(1, $plain + ['submit' => $twice]))],
    'get' => [1, perform($url . '?' . urlencode(call(1, $plain + ['submit' => $joined])))],
    'get-single-quoted' => [
        1,
        perform($url . '?' . strtr(call(1, $plain + ['submit' => $joined], JSON_UNESCAPED_UNICODE), '"', "'")),
    ],
    'upmsg' => [1, post($url, call(1, $plain, method: 'upmsg'))],
};
if ($scenario === 'upmsg') {
    read($answer, $id, ['spnumber', 'phone', 'motime', 'msgcontent'], ['phone' => 'phone', 'text' => 'msgcontent']);
} else {
    $printed = ['code' => 'return', 'msgid' => 'msgid', 'info' => 'info'];
    read($answer, $id, ['phone', 'msgid', 'return', 'info'], $printed);
}
