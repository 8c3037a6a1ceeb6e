<?php

declare(strict_types=1);

use Ccell\CcellClient;
use Ccell\CcellException;
use Ccell\Outcome;
use Ccell\State;
use PHPUnit\Framework\TestCase;

require_once __DIR__ . '/Account.php';

final class CcellClientTest extends TestCase
{
    private const CONTENT = '验证码为1234。【签名】';
    private const PHONE = '13800000000';
    private const ACCEPTED = '<root return="0"><resp phone="13800000000" return="0"/></root>';

    private Account $account;

    protected function setUp(): void
    {
        $this->account = new Account();
    }

    protected function tearDown(): void
    {
        $this->account->close();
    }

    /** @return string[] */
    private static function phones(int $count): array
    {
        return array_map(static fn (int $number) => sprintf('138%08d', $number), range(0, $count - 1));
    }

    /**
     * @param  Outcome[] $outcomes
     * @return State[]
     */
    private static function states(array $outcomes): array
    {
        return array_values(array_unique(array_column($outcomes, 'state'), SORT_REGULAR));
    }

    /** @return array[] */
    private static function collect(Generator $pages): array
    {
        return iterator_to_array($pages, false);
    }

    public function testACodeIsSentAndReportedAMinuteLater(): void
    {
        $this->account->control('PUT', '/clock', ['mode' => 'frozen']);
        $this->account->control('PATCH', '', ['report_delay' => 60]);
        $client = $this->account->client();
        [$outcome] = $client->send([self::PHONE], self::CONTENT, 'order-17');
        $this->assertSame(State::Accepted, $outcome->state);
        $this->assertSame([], self::collect($client->reports()));

        $this->account->control('POST', '/clock/advance', ['seconds' => 60]);
        [[$report]] = self::collect($client->reports());
        $this->assertSame(
            [$outcome->msgid, 'order-17', self::PHONE, '0'],
            [$report->msgid, $report->linkid, $report->phone, $report->status],
        );
    }

    public function testEachNumberHasItsOwnCode(): void
    {
        [$accepted, $refused] = $this->account->client()->send([self::PHONE, '19500001111'], self::CONTENT);
        $this->assertSame(State::Accepted, $accepted->state);
        $this->assertSame([State::Refused, '1004001'], [$refused->state, $refused->code]);
        $this->assertSame('手机号不可识别19500001111', $refused->info);
    }

    public function testEveryCharacterArrivesUnchanged(): void
    {
        $content = "<a href=\"x\">&amp; 'b'</a>\r\n\t+%41 😀【签名】";
        $this->account->client()->send([self::PHONE], $content);
        $this->assertSame($content, $this->account->messages()[0]['content']);
    }

    public function testManyNumbersAreSentInRequestsOfAtMost500(): void
    {
        $outcomes = $this->account->client()->send(self::phones(1001), self::CONTENT);
        $this->assertSame(self::phones(1001), array_column($outcomes, 'phone'));
        $this->assertSame([State::Accepted], self::states($outcomes));
        $this->assertSame([500, 500, 1], array_column($this->account->journal(), 'items'));
    }

    public function testANumberThatOccursTwiceGetsOneMessage(): void
    {
        $this->assertCount(1, $this->account->client()->send([self::PHONE, self::PHONE], self::CONTENT));
        $this->assertCount(1, $this->account->messages());
    }

    /** @dataProvider wrongArguments */
    public function testAWrongArgumentIsAnErrorBeforeAnythingIsSent(string $phone, string $content): void
    {
        try {
            $this->account->client()->send([self::PHONE, $phone], $content);
            $this->fail('There was no error.');
        } catch (InvalidArgumentException) {
            $this->assertSame([], $this->account->journal());
        }
    }

    public static function wrongArguments(): array
    {
        return [
            'no phone' => ['', self::CONTENT],
            'a blank in the phone' => ['138 0000', self::CONTENT],
            'two phones in one' => ['13800000000,13900000000', self::CONTENT],
            'a line break after the phone' => ["13800000000\n", self::CONTENT],
            'a control character' => [self::PHONE, self::CONTENT . "\x1b"],
            'GBK' => [self::PHONE, "\xc4\xfa\xba\xc3"],
        ];
    }

    /** @dataProvider faults */
    public function testASendWithoutAReadableAnswerIsUnknownAndNotSentAgain(array $fault): void
    {
        $client = $this->account->client();
        $client->send([self::PHONE], self::CONTENT); // A library that keeps connections has one now.
        $this->account->control('POST', '/faults', $fault);
        $outcomes = $client->send(self::phones(501), self::CONTENT);
        $this->assertSame([State::Unknown], self::states(array_slice($outcomes, 0, 500)));
        $this->assertSame(State::NotSent, $outcomes[500]->state);
        $this->assertCount(2, $this->account->journal());
        $this->assertCount($fault['kind'] === 'code' ? 1 : 501, $this->account->messages());
        $this->assertSame([], $this->account->pauses);
    }

    public static function faults(): array
    {
        $http = ['kind' => 'http', 'processed' => true];
        return [
            'close' => [['kind' => 'close', 'processed' => true]],
            'reset' => [['kind' => 'reset', 'processed' => true]],
            'truncate' => [['kind' => 'truncate']],
            'broken XML' => [['kind' => 'broken_xml']],
            'HTTP 502' => [['status' => 502, 'body' => self::ACCEPTED] + $http],
            'HTTP 307' => [['status' => 307, 'headers' => ['Location' => '/sms3_api/xmlapi/send.jsp']] + $http],
            'a page' => [['status' => 200, 'body' => '<html/>'] + $http],
            '1001999' => [['kind' => 'code', 'code' => '1001999']],
        ];
    }

    /** @dataProvider slowAnswers */
    public function testASendThatIsNotAnsweredInTimeIsUnknownAndNotSentAgain(array $fault): void
    {
        $this->account->control('POST', '/faults', $fault);
        [$outcome] = $this->account->client(timeout: 500)->send([self::PHONE], self::CONTENT);
        $this->assertSame(State::Unknown, $outcome->state);
        $this->account->control('POST', '/wait', ['phone' => self::PHONE, 'timeout' => 30]);
        $this->assertSame(['0'], $this->account->codes());
    }

    public static function slowAnswers(): array
    {
        return [
            'delay' => [['kind' => 'delay', 'seconds' => 1.5]],
            'dribble' => [['kind' => 'dribble', 'piece' => 20, 'seconds' => 0.2]],
        ];
    }

    public function testANumberThatTheAnswerDoesNotContainIsUnknown(): void
    {
        $this->account->control('POST', '/faults', ['kind' => 'http', 'status' => 200, 'body' => self::ACCEPTED]);
        $outcomes = $this->account->client()->send(self::phones(2), self::CONTENT);
        $this->assertSame([State::Accepted, State::Unknown], array_column($outcomes, 'state'));
    }

    public function testARequestOverTheThreadLimitIsSentAgainAfterAPause(): void
    {
        $this->account->control('POST', '/holds', ['slots' => 3]);
        $client = $this->account->client(pause: fn () => $this->account->control('DELETE', '/holds'));
        $this->assertSame([State::Accepted], self::states($client->send([self::PHONE], self::CONTENT)));
        $this->assertSame(['1001006', '0'], $this->account->codes());
    }

    public function testARequestOverTheThreadLimitIsGivenUpAfterFourAttempts(): void
    {
        $this->account->control('POST', '/holds', ['slots' => 3]);
        [$outcome] = $this->account->client()->send([self::PHONE], self::CONTENT);
        $this->assertSame([State::NotSent, '1001006'], [$outcome->state, $outcome->code]);
        $this->assertSame(['1001006', '1001006', '1001006', '1001006'], $this->account->codes());
        [$first, $second, $third] = $this->account->pauses;
        $this->assertTrue($first <= $second && $second <= $third);
    }

    public function testNothingIsSentWithoutAConnection(): void
    {
        $unused = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($unused, false);
        fclose($unused);
        $pauses = 0;
        $pause = function () use (&$pauses): void {
            $pauses++;
        };
        $client = new CcellClient("http://$address", '200001', '123456', pause: $pause, locks: $this->account->locks);
        $this->assertSame([State::NotSent], self::states($client->send([self::PHONE], self::CONTENT)));
        $this->assertSame(3, $pauses);
    }

    public function testNothingIsSentIfTheConnectionTakesTooLong(): void
    {
        $context = stream_context_create(['socket' => ['backlog' => 1]]);
        $full = stream_socket_server('tcp://127.0.0.1:0', context: $context);
        $address = stream_socket_get_name($full, false);
        $waiting = []; // They fill the queue of a server that accepts none.
        for ($count = 0; $count < 8; $count++) {
            $waiting[] = stream_socket_client("tcp://$address", flags: STREAM_CLIENT_ASYNC_CONNECT);
        }
        $options = ['timeout' => 500, 'pause' => static fn () => null, 'locks' => $this->account->locks];
        $client = new CcellClient("http://$address", '200001', '123456', ...$options);
        $this->assertSame([State::NotSent], self::states($client->send([self::PHONE], self::CONTENT)));
    }

    public function testNothingIsSentWithoutATlsHandshake(): void
    {
        $silent = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($silent, false);
        $options = ['timeout' => 500, 'pause' => static fn () => null, 'locks' => $this->account->locks];
        $client = new CcellClient("https://$address", '200001', '123456', ...$options);
        $this->assertSame([State::NotSent], self::states($client->send([self::PHONE], self::CONTENT)));
    }

    public function testNothingIsSentWithoutALockFile(): void
    {
        $client = $this->account->client(locks: __FILE__);
        $outcomes = $client->send(self::phones(501), self::CONTENT);
        $this->assertCount(501, $outcomes);
        $this->assertSame([State::NotSent], self::states($outcomes));
        $this->assertStringContainsString(__FILE__, $outcomes[0]->info);
        $this->assertSame([], $this->account->journal());
    }

    public function testARefusedRequestIsNotSentAgain(): void
    {
        $this->account->control('PATCH', '', ['balance' => 0]);
        [$outcome] = $this->account->client()->send([self::PHONE], self::CONTENT);
        $this->assertSame([State::Refused, '1001002'], [$outcome->state, $outcome->code]);
        $this->assertSame(['1001002'], $this->account->codes());
    }

    public function testProcessesKeepToTheThreadLimit(): void
    {
        $this->account->control('PATCH', '', ['processing_time' => 0.3]);
        $processes = [];
        foreach (self::phones(9) as $phone) {
            $account = [$this->account->userid, $this->account->password, $this->account->locks];
            $command = [PHP_BINARY, __DIR__ . '/send.php', ...$account, $phone];
            $process = proc_open($command, [1 => ['pipe', 'w']], $pipes);
            $processes[] = [$process, $pipes[1]];
        }
        foreach ($processes as [$process, $output]) {
            $this->assertSame('accepted', stream_get_contents($output));
            $this->assertSame(0, proc_close($process));
        }
        $this->assertSame(array_fill(0, 9, '0'), $this->account->codes());
    }

    /** @dataProvider reports */
    public function testReportsAreFetchedUntilAPageIsNotFull(int $count, array $sizes): void
    {
        $client = $this->account->client();
        $client->send(self::phones($count), self::CONTENT);
        $this->assertSame($sizes, array_map('count', self::collect($client->reports())));
        $this->assertSame([], self::collect($client->reports()));
    }

    public static function reports(): array
    {
        return [[299, [299]], [300, [300]], [650, [300, 300, 50]]];
    }

    public function testPagesBeforeAFailureAreHandedOver(): void
    {
        $client = $this->account->client();
        $client->send(self::phones(301), self::CONTENT);
        $this->account->control('POST', '/faults', ['kind' => 'close', 'operation' => 'report', 'skip' => 1]);
        $pages = $client->reports();
        $this->assertCount(300, $pages->current());
        try {
            $pages->next();
            $this->fail('There was no error.');
        } catch (CcellException $error) {
            $this->assertSame(State::Unknown, $error->state);
        }
    }

    public function testRepliesAreFetchedUntilAPageIsNotFull(): void
    {
        foreach (self::phones(101) as $phone) {
            $this->account->control('POST', '/upmsgs', ['phone' => $phone, 'content' => ' 好的 <ok> ']);
        }
        $pages = self::collect($this->account->client()->upmsgs());
        $this->assertSame([100, 1], array_map('count', $pages));
        $this->assertSame(self::phones(101)[100], $pages[1][0]->phone);
        $this->assertSame(' 好的 <ok> ', $pages[1][0]->msgcontent);
    }

    public function testASignedSendHasASignOfItsOwnAndNoPassword(): void
    {
        $client = $this->account->client(signed: true);
        foreach (self::phones(2) as $phone) {
            $this->assertSame([State::Accepted], self::states($client->send([$phone], self::CONTENT)));
        }
        foreach ($this->account->journal() as $entry) {
            $this->assertStringContainsString('sign=', $entry['request']);
            $this->assertStringNotContainsString('password=', $entry['request']);
        }
    }
}
