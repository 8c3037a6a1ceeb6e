<?php

declare(strict_types=1);

namespace Ccell;

use Closure;
use Exception;
use Generator;
use InvalidArgumentException;
use SimpleXMLElement;
use XMLWriter;

/** What is known about a message. */
enum State: string
{
    case Accepted = 'accepted';
    case Refused = 'refused';
    /** It may have been sent. Look for its linkid in the reports before you send it again. */
    case Unknown = 'unknown';
    /** You may send it again. */
    case NotSent = 'not sent';
}

/** Outcome of a send for one number. `info` is the gateway's text, or the reason why there is none. */
final class Outcome
{
    public function __construct(
        public readonly string $phone,
        public readonly string $linkid,
        public readonly State $state,
        public readonly string $code = '',
        public readonly string $info = '',
        public readonly string $msgid = '',
    ) {
    }
}

/** Status report. `recvtime` is China's time; status "0" means delivered. */
final class Report
{
    public function __construct(
        public readonly string $msgid,
        public readonly string $linkid,
        public readonly string $phone,
        public readonly string $recvtime,
        public readonly string $status,
        public readonly string $info,
    ) {
    }
}

/** Message from a phone. `motime` is China's time. */
final class Upmsg
{
    public function __construct(
        public readonly string $spnumber,
        public readonly string $phone,
        public readonly string $motime,
        public readonly string $msgcontent,
    ) {
    }
}

/** A request without success. In the state Unknown, the gateway may have processed it. */
final class CcellException extends Exception
{
    public function __construct(
        public readonly State $state,
        public readonly string $info,
        public readonly string $status = '',
    ) {
        parent::__construct("$state->value: $status $info");
    }
}

/** Client of one account. Copy this file into your project. */
final class CcellClient
{
    private const NUMBERS_PER_REQUEST = 500;
    private const REPORTS_PER_ANSWER = 300;
    private const UPMSGS_PER_ANSWER = 100;
    private const ATTEMPTS = 4;
    private const SUCCESS = '0';
    private const TOO_MANY_REQUESTS = '1001006';
    /** Codes after which nothing was sent. After any other code the outcome is unknown, as after 1001999. */
    private const REFUSALS = '/\A(100100[1-7]|10040(0[1-9]|1[0-5]))\z/';
    private const XML = '/\A[\t\n\r\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]*\z/u';
    private const NOT_CONNECTED = [
        CURLE_COULDNT_RESOLVE_PROXY,
        CURLE_COULDNT_RESOLVE_HOST,
        CURLE_COULDNT_CONNECT,
        CURLE_SSL_CONNECT_ERROR,
        CURLE_SSL_CACERT,
    ];

    private readonly string $url;
    private readonly Closure $pause;

    /**
     * @param int           $threads thread limit of the account, for all PHP processes of this machine
     * @param int           $timeout in milliseconds
     * @param ?Closure(int) $pause   pauses before a further attempt, given the milliseconds
     * @param ?string       $locks   folder of the lock files; null for the system's temporary folder
     */
    public function __construct(
        string $url,
        private readonly string $userid,
        private readonly string $password,
        private readonly bool $signed = false,
        private readonly int $threads = 3,
        private readonly int $timeout = 30_000,
        ?Closure $pause = null,
        private readonly ?string $locks = null,
    ) {
        $this->url = rtrim($url, '/') . '/sms3_api/xmlapi/';
        $this->pause = $pause ?? static fn (int $milliseconds) => usleep($milliseconds * 1000);
    }

    /**
     * Sends to each different number once, and returns an outcome for each. Never throws a CcellException.
     *
     * @param  string[]  $phones
     * @param  ?string   $linkid your reference for these messages, repeated in their reports; null for a generated one
     * @return Outcome[]
     */
    public function send(array $phones, string $content, ?string $linkid = null): array
    {
        foreach ($phones as $phone) {
            if (preg_match('/\A[0-9]+\z/', $phone) !== 1) {
                throw new InvalidArgumentException("a phone must consist of digits, got '$phone'");
            }
        }
        $linkid ??= bin2hex(random_bytes(16));
        if (preg_match(self::XML, $content . $linkid) !== 1) {
            throw new InvalidArgumentException('content and linkid must consist of characters that XML allows');
        }
        $outcomes = [];
        $batches = array_chunk(array_values(array_unique($phones)), self::NUMBERS_PER_REQUEST);
        while ($batch = array_shift($batches)) {
            $submit = ['phone' => implode(',', $batch), 'content' => $content, 'linkid' => $linkid];
            try {
                $resps = [];
                foreach ($this->call('send', $submit)->resp as $resp) {
                    $resps[trim((string) $resp['phone'])] = $resp;
                }
            } catch (CcellException $error) {
                foreach ($batch as $phone) {
                    $outcomes[] = new Outcome($phone, $linkid, $error->state, $error->status, $error->info);
                }
                foreach (array_merge(...$batches) as $phone) {
                    $outcomes[] = new Outcome($phone, $linkid, State::NotSent, info: 'an earlier request failed');
                }
                break;
            }
            foreach ($batch as $phone) {
                $outcomes[] = self::outcome($phone, $linkid, $resps[$phone] ?? null);
            }
        }
        return $outcomes;
    }

    /**
     * Yields pages of reports until there are no more. Store each page: the gateway hands it out only once.
     *
     * @return Generator<Report[]>
     */
    public function reports(): Generator
    {
        return $this->pages('report', self::REPORTS_PER_ANSWER, static fn (SimpleXMLElement $item) => new Report(
            (string) $item['msgid'],
            (string) $item['linkid'],
            trim((string) $item['phone']),
            (string) $item['recvtime'],
            (string) $item['status'],
            (string) $item['info'],
        ));
    }

    /**
     * Yields pages of upstream messages until there are no more. The gateway hands each out only once.
     *
     * @return Generator<Upmsg[]>
     */
    public function upmsgs(): Generator
    {
        return $this->pages('upmsg', self::UPMSGS_PER_ANSWER, static fn (SimpleXMLElement $item) => new Upmsg(
            (string) $item['spnumber'],
            trim((string) $item['phone']),
            (string) $item['motime'],
            (string) $item['msgcontent'],
        ));
    }

    private function pages(string $endpoint, int $full, Closure $read): Generator
    {
        do {
            $page = [];
            foreach ($this->call($endpoint)->{$endpoint} as $item) {
                $page[] = $read($item);
            }
            if ($page !== []) {
                yield $page;
            }
        } while (count($page) >= $full);
    }

    /** Retries, with longer and longer pauses, only what was surely not sent. */
    private function call(string $endpoint, ?array $submit = null): SimpleXMLElement
    {
        for ($attempt = 1; ; $attempt++) {
            $slot = $this->takeSlot();
            try {
                return $this->request($endpoint, $submit);
            } catch (CcellException $error) {
                if ($error->state !== State::NotSent || $attempt === self::ATTEMPTS) {
                    throw $error;
                }
            } finally {
                fclose($slot);
            }
            ($this->pause)(random_int(250 << $attempt, 500 << $attempt));
        }
    }

    private function request(string $endpoint, ?array $submit): SimpleXMLElement
    {
        $body = new XMLWriter();
        $body->openMemory();
        $body->startElement('root');
        self::writeAttributes($body, $this->credentials());
        if ($submit !== null) {
            $body->startElement('submit');
            self::writeAttributes($body, $submit);
            $body->endElement();
        }
        $body->endElement();
        $root = self::parse($this->post($this->url . $endpoint . '.jsp', $body->outputMemory()));
        $code = (string) $root['return'];
        if ($code === self::SUCCESS && $root->getName() === 'root') {
            return $root;
        }
        $state = $code === self::TOO_MANY_REQUESTS ? State::NotSent : self::refusedOrUnknown($code);
        throw new CcellException($state, (string) $root['info'], $code);
    }

    /** Posts once. A new handle opens a new connection: curl would resend on a kept one. It follows no redirect. */
    private function post(string $url, string $body): string
    {
        $curl = curl_init($url);
        curl_setopt_array($curl, [
            CURLOPT_POSTFIELDS => $body,
            CURLOPT_HTTPHEADER => ['Content-Type: text/xml; charset=UTF-8', 'Expect:'],
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_CONNECTTIMEOUT_MS => intdiv($this->timeout, 2),
            CURLOPT_TIMEOUT_MS => $this->timeout,
        ]);
        $answer = curl_exec($curl);
        $error = curl_errno($curl);
        $connected = str_starts_with($url, 'https:') ? CURLINFO_APPCONNECT_TIME : CURLINFO_CONNECT_TIME;
        $late = $error === CURLE_OPERATION_TIMEDOUT && curl_getinfo($curl, $connected) == 0;
        if ($late || in_array($error, self::NOT_CONNECTED, true)) {
            throw new CcellException(State::NotSent, 'no connection: ' . curl_error($curl));
        }
        if (!is_string($answer)) {
            throw new CcellException(State::Unknown, 'no answer: ' . curl_error($curl));
        }
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        if ($status !== 200) {
            throw new CcellException(State::Unknown, "HTTP status $status");
        }
        return $answer;
    }

    /** Takes one of the account's slots. PHP processes share nothing, so a slot is a locked file. */
    private function takeSlot(): mixed
    {
        // Another user's file could not be opened.
        $user = function_exists('posix_geteuid') ? posix_geteuid() : get_current_user();
        $folder = $this->locks ?? sys_get_temp_dir();
        $prefix = $folder . '/ccell-' . md5("$user $this->url $this->userid") . '-';
        $files = [];
        for ($slot = 1; $slot <= $this->threads; $slot++) {
            $files[] = @fopen($prefix . $slot, 'c') ?: throw self::noLock();
        }
        foreach ($files as $file) {
            if (flock($file, LOCK_EX | LOCK_NB)) {
                return $file;
            }
        }
        $file = $files[array_rand($files)];
        // Waits for one of them.
        return @flock($file, LOCK_EX) ? $file : throw self::noLock();
    }

    private static function noLock(): CcellException
    {
        return new CcellException(State::NotSent, 'no lock file: ' . (error_get_last()['message'] ?? ''));
    }

    private function credentials(): array
    {
        if (!$this->signed) {
            return ['userid' => $this->userid, 'password' => $this->password];
        }
        // Each request needs a seqid of its own: China's time as yyMMddHHmmss, and six digits.
        $seqid = gmdate('ymdHis', time() + 8 * 3600) . sprintf('%06d', random_int(0, 999_999));
        return ['userid' => $this->userid, 'seqid' => $seqid, 'sign' => md5($seqid . md5($this->password))];
    }

    private static function outcome(string $phone, string $linkid, ?SimpleXMLElement $resp): Outcome
    {
        if ($resp === null) {
            return new Outcome($phone, $linkid, State::Unknown, info: 'the answer does not contain the number');
        }
        $code = (string) $resp['return'];
        $state = $code === self::SUCCESS ? State::Accepted : self::refusedOrUnknown($code);
        return new Outcome($phone, $linkid, $state, $code, (string) $resp['info'], (string) $resp['msgid']);
    }

    private static function refusedOrUnknown(string $code): State
    {
        return preg_match(self::REFUSALS, $code) === 1 ? State::Refused : State::Unknown;
    }

    private static function parse(string $answer): SimpleXMLElement
    {
        $before = libxml_use_internal_errors(true);
        try {
            $root = simplexml_load_string($answer, SimpleXMLElement::class, LIBXML_NONET);
            if ($root === false) {
                $error = libxml_get_last_error();
                throw new CcellException(State::Unknown, 'unreadable answer: ' . ($error ? trim($error->message) : ''));
            }
            return $root;
        } finally {
            libxml_clear_errors();
            libxml_use_internal_errors($before);
        }
    }

    private static function writeAttributes(XMLWriter $element, array $attributes): void
    {
        foreach ($attributes as $name => $value) {
            $element->writeAttribute($name, $value);
        }
    }
}
