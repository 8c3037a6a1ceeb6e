<?php

declare(strict_types=1);

use Ccell\CcellClient;

/** An account of its own for one test, arranged by the emulator's control API. */
final class Account
{
    public readonly string $userid;
    public readonly string $password;
    /** @var int[] */
    public array $pauses = [];
    /** Folder of the lock files. */
    public readonly string $locks;

    public function __construct()
    {
        $opened = self::request('POST', '', []);
        [$this->userid, $this->password] = [$opened['userid'], $opened['password']];
        $this->locks = sys_get_temp_dir() . '/ccell-test-' . bin2hex(random_bytes(8));
        mkdir($this->locks);
    }

    public function close(): void
    {
        array_map('unlink', glob("$this->locks/*"));
        rmdir($this->locks);
        $this->control('DELETE', '');
    }

    public static function url(): string
    {
        return getenv('CCELL_FAKE_URL') ?: 'http://127.0.0.1:8026';
    }

    public function client(mixed ...$options): CcellClient
    {
        $options += ['locks' => $this->locks, 'pause' => function (int $milliseconds): void {
            $this->pauses[] = $milliseconds;
        }];
        return new CcellClient(self::url(), $this->userid, $this->password, ...$options);
    }

    public function control(string $method, string $path, ?array $body = null): array
    {
        return self::request($method, "/$this->userid$path", $body);
    }

    public function journal(): array
    {
        return $this->control('GET', '/journal?limit=1000')['items'];
    }

    /** @return string[] */
    public function codes(): array
    {
        return array_column($this->journal(), 'code');
    }

    public function messages(): array
    {
        return $this->control('GET', '/messages?limit=1000')['items'];
    }

    private static function request(string $method, string $path, ?array $body): array
    {
        $token = getenv('CCELL_FAKE_CONTROL_TOKEN');
        $curl = curl_init(self::url() . "/_ccell/v1/accounts$path");
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => ['Content-Type: application/json', $token ? "Authorization: Bearer $token" : 'Expect:'],
            CURLOPT_RETURNTRANSFER => true,
        ]);
        if ($body !== null) {
            curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode((object) $body, JSON_THROW_ON_ERROR));
        }
        $answer = curl_exec($curl);
        if ($answer === false) {
            $error = curl_error($curl);
            throw new RuntimeException('no emulator at ' . self::url() . ": start it with `ccell-fake serve`: $error");
        }
        if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) >= 300) {
            throw new RuntimeException("$method $path: $answer");
        }
        return json_decode($answer, true) ?? [];
    }
}
