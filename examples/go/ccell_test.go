package ccell

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	content  = "验证码为1234。【签名】"
	phone    = "13800000000"
	accepted = `<root return="0"><resp phone="13800000000" return="0"/></root>`
)

// account is an account of its own for one test, arranged by the emulator's control API.
type account struct {
	t                *testing.T
	Userid, Password string
	pauses           []time.Duration
}

func emulator() string {
	if url := os.Getenv("CCELL_FAKE_URL"); url != "" {
		return url
	}
	return "http://127.0.0.1:8026"
}

func open(t *testing.T) *account {
	t.Helper()
	opened := &account{t: t}
	opened.request("POST", "", map[string]any{}, opened)
	t.Cleanup(func() { opened.control("DELETE", "", nil) })
	return opened
}

type members = map[string]any

func (account *account) control(method, path string, body any) {
	account.t.Helper()
	account.request(method, "/"+account.Userid+path, body, nil)
}

func (account *account) request(method, path string, body, result any) {
	account.t.Helper()
	sent, _ := json.Marshal(body)
	if body == nil {
		sent = nil
	}
	request, _ := http.NewRequest(method, emulator()+"/_ccell/v1/accounts"+path, bytes.NewReader(sent))
	request.Header.Set("Content-Type", "application/json")
	if token := os.Getenv("CCELL_FAKE_CONTROL_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		account.t.Fatalf("no emulator at %s: start it with `ccell-fake serve`: %v", emulator(), err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		account.t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	if result != nil {
		if err := json.NewDecoder(response.Body).Decode(result); err != nil {
			account.t.Fatal(err)
		}
	}
}

type entry struct {
	Code, Request string
	Items         int
}

func (account *account) journal() []entry {
	var page struct{ Items []entry }
	account.request("GET", "/"+account.Userid+"/journal?limit=1000", nil, &page)
	return page.Items
}

func (account *account) codes() (codes []string) {
	for _, entry := range account.journal() {
		codes = append(codes, entry.Code)
	}
	return codes
}

func (account *account) contents() (contents []string) {
	var page struct{ Items []struct{ Content string } }
	account.request("GET", "/"+account.Userid+"/messages?limit=1000", nil, &page)
	for _, message := range page.Items {
		contents = append(contents, message.Content)
	}
	return contents
}

func (account *account) client() *Client { return account.clientWaiting(30 * time.Second) }

func (account *account) clientWaiting(timeout time.Duration) *Client {
	client := New(emulator(), account.Userid, account.Password, 3, timeout)
	client.Pause = func(_ context.Context, pause time.Duration) { account.pauses = append(account.pauses, pause) }
	return client
}

func phones(count int) []string {
	numbers := make([]string, count)
	for number := range numbers {
		numbers[number] = fmt.Sprintf("138%08d", number)
	}
	return numbers
}

func send(t *testing.T, client *Client, phones ...string) []Outcome {
	t.Helper()
	outcomes, err := client.Send(context.Background(), phones, content, "")
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

func reportPages(client *Client) (pages [][]Report, err error) {
	err = client.Reports(context.Background(), func(page []Report) error {
		pages = append(pages, page)
		return nil
	})
	return pages, err
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestACodeIsSentAndReportedAMinuteLater(t *testing.T) {
	account := open(t)
	account.control("PUT", "/clock", members{"mode": "frozen"})
	account.control("PATCH", "", members{"report_delay": 60})
	client := account.client()
	outcomes, err := client.Send(context.Background(), []string{phone}, content, "order-17")
	equal(t, err, nil)
	equal(t, outcomes[0].State, Accepted)
	pages, err := reportPages(client)
	equal(t, err, nil)
	equal(t, len(pages), 0)

	account.control("POST", "/clock/advance", members{"seconds": 60})
	pages, _ = reportPages(client)
	if len(pages) != 1 || len(pages[0]) != 1 {
		t.Fatalf("got %v, want one report", pages)
	}
	report := pages[0][0]
	equal(t, []string{report.Msgid, report.Linkid, report.Phone, report.Status},
		[]string{outcomes[0].Msgid, "order-17", phone, "0"})
}

func TestEachNumberHasItsOwnCode(t *testing.T) {
	outcomes := send(t, open(t).client(), phone, "19500001111")
	equal(t, outcomes[0].State, Accepted)
	refused := outcomes[1]
	equal(t, []any{refused.State, refused.Code, refused.Info}, []any{Refused, "1004001", "手机号不可识别19500001111"})
}

func TestEveryCharacterArrivesUnchanged(t *testing.T) {
	account, text := open(t), "<a href=\"x\">&amp; 'b'</a>\r\n\t+%41 😀【签名】"
	_, err := account.client().Send(context.Background(), []string{phone}, text, "")
	equal(t, err, nil)
	equal(t, account.contents(), []string{text})
}

func TestManyNumbersAreSentInRequestsOfAtMost500(t *testing.T) {
	account := open(t)
	for index, outcome := range send(t, account.client(), phones(1001)...) {
		equal(t, outcome.Phone, phones(1001)[index])
		equal(t, outcome.State, Accepted)
	}
	var sizes []int
	for _, entry := range account.journal() {
		sizes = append(sizes, entry.Items)
	}
	equal(t, sizes, []int{500, 500, 1})
}

func TestANumberThatOccursTwiceGetsOneMessage(t *testing.T) {
	account := open(t)
	equal(t, len(send(t, account.client(), phone, phone)), 1)
	equal(t, len(account.contents()), 1)
}

func TestAPhoneThatDoesNotConsistOfDigitsIsAnErrorBeforeAnythingIsSent(t *testing.T) {
	account := open(t)
	for _, wrong := range []string{"", "138 0000", "13800000000,13900000000", "+8613800000000"} {
		if _, err := account.client().Send(context.Background(), []string{phone, wrong}, content, ""); err == nil {
			t.Errorf("%q is no error", wrong)
		}
	}
	equal(t, len(account.journal()), 0)
}

func TestACharacterThatXMLDoesNotAllowIsAnErrorBeforeAnythingIsSent(t *testing.T) {
	account := open(t)
	for _, wrong := range []string{"\x00", "\x1b", "\xff", "\uffff"} {
		if _, err := account.client().Send(context.Background(), []string{phone}, content+wrong, ""); err == nil {
			t.Errorf("%q is no error", wrong)
		}
	}
	equal(t, len(account.journal()), 0)
}

func TestASendWithoutAReadableAnswerIsUnknownAndNotSentAgain(t *testing.T) {
	for _, fault := range []members{
		{"kind": "close", "processed": true},
		{"kind": "reset", "processed": true},
		{"kind": "truncate"},
		{"kind": "broken_xml"},
		{"kind": "http", "status": 502, "processed": true, "body": accepted},
		{"kind": "http", "status": 307, "processed": true, "headers": members{"Location": "/sms3_api/xmlapi/send.jsp"}},
		{"kind": "http", "status": 200, "processed": true, "body": "<html/>"},
		{"kind": "code", "code": "1001999"},
	} {
		t.Run(fmt.Sprint(fault), func(t *testing.T) {
			account := open(t)
			client := account.client()
			send(t, client, phone) // A library that keeps connections has one now.
			account.control("POST", "/faults", fault)
			outcomes := send(t, client, phones(501)...)
			for _, outcome := range outcomes[:500] {
				equal(t, outcome.State, Unknown)
			}
			equal(t, outcomes[500].State, NotSent)
			equal(t, len(account.journal()), 2)
			accepted := 501
			if fault["kind"] == "code" {
				accepted = 1
			}
			equal(t, len(account.contents()), accepted)
			equal(t, len(account.pauses), 0)
		})
	}
}

func TestASendThatIsNotAnsweredInTimeIsUnknownAndNotSentAgain(t *testing.T) {
	for _, fault := range []members{
		{"kind": "delay", "seconds": 1.5},
		{"kind": "dribble", "piece": 20, "seconds": 0.2},
	} {
		t.Run(fmt.Sprint(fault["kind"]), func(t *testing.T) {
			account := open(t)
			account.control("POST", "/faults", fault)
			equal(t, send(t, account.clientWaiting(500*time.Millisecond), phone)[0].State, Unknown)
			account.control("POST", "/wait", members{"phone": phone, "timeout": 30})
			equal(t, account.codes(), []string{"0"})
		})
	}
}

func TestANumberThatTheAnswerDoesNotContainIsUnknown(t *testing.T) {
	account := open(t)
	account.control("POST", "/faults", members{"kind": "http", "status": 200, "body": accepted})
	outcomes := send(t, account.client(), phones(2)...)
	equal(t, []State{outcomes[0].State, outcomes[1].State}, []State{Accepted, Unknown})
}

func TestARequestOverTheThreadLimitIsSentAgainAfterAPause(t *testing.T) {
	account := open(t)
	account.control("POST", "/holds", members{"slots": 3})
	client := account.client()
	client.Pause = func(context.Context, time.Duration) { account.control("DELETE", "/holds", nil) }
	equal(t, send(t, client, phone)[0].State, Accepted)
	equal(t, account.codes(), []string{"1001006", "0"})
}

func TestARequestOverTheThreadLimitIsGivenUpAfterFourAttempts(t *testing.T) {
	account := open(t)
	account.control("POST", "/holds", members{"slots": 3})
	outcome := send(t, account.client(), phone)[0]
	equal(t, []any{outcome.State, outcome.Code}, []any{NotSent, "1001006"})
	equal(t, account.codes(), []string{"1001006", "1001006", "1001006", "1001006"})
	if len(account.pauses) != 3 || account.pauses[0] > account.pauses[1] || account.pauses[1] > account.pauses[2] {
		t.Errorf("got pauses of %v, want three, each longer than the one before", account.pauses)
	}
}

func TestNothingIsSentWithoutAConnection(t *testing.T) {
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	equal(t, err, nil)
	unused.Close()
	client := New("http://"+unused.Addr().String(), "200001", "123456", 3, 30*time.Second)
	pauses := 0
	client.Pause = func(context.Context, time.Duration) { pauses++ }
	equal(t, send(t, client, phone)[0].State, NotSent)
	equal(t, pauses, 3)
}

func TestNothingIsSentWithoutATLSHandshake(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	equal(t, err, nil)
	defer silent.Close()
	client := New("https://"+silent.Addr().String(), "200001", "123456", 3, 200*time.Millisecond)
	client.Pause = func(context.Context, time.Duration) {}
	equal(t, send(t, client, phone)[0].State, NotSent)
}

func TestAPauseEndsWithTheContext(t *testing.T) {
	ended, end := context.WithCancel(context.Background())
	end()
	New("http://127.0.0.1", "200001", "123456", 3, time.Second).Pause(ended, time.Hour)
}

func TestARefusedRequestIsNotSentAgain(t *testing.T) {
	account := open(t)
	account.control("PATCH", "", members{"balance": 0})
	outcome := send(t, account.client(), phone)[0]
	equal(t, []any{outcome.State, outcome.Code}, []any{Refused, "1001002"})
	equal(t, account.codes(), []string{"1001002"})
}

func TestGoroutinesThatShareAClientKeepToTheThreadLimit(t *testing.T) {
	account := open(t)
	account.control("PATCH", "", members{"processing_time": 0.1})
	client := account.client()
	var group sync.WaitGroup
	for _, number := range phones(9) {
		group.Add(1)
		go func(number string) {
			defer group.Done()
			outcomes, _ := client.Send(context.Background(), []string{number}, content, "")
			equal(t, outcomes[0].State, Accepted)
		}(number)
	}
	group.Wait()
	equal(t, account.codes(), strings.Split("0 0 0 0 0 0 0 0 0", " "))
}

func TestReportsAreFetchedUntilAPageIsNotFull(t *testing.T) {
	for count, want := range map[int][]int{299: {299}, 300: {300}, 650: {300, 300, 50}} {
		client := open(t).client()
		send(t, client, phones(count)...)
		pages, err := reportPages(client)
		equal(t, err, nil)
		var sizes []int
		for _, page := range pages {
			sizes = append(sizes, len(page))
		}
		equal(t, sizes, want)
		pages, _ = reportPages(client)
		equal(t, len(pages), 0)
	}
}

func TestPagesBeforeAFailureAreHandedOver(t *testing.T) {
	account := open(t)
	client := account.client()
	send(t, client, phones(301)...)
	account.control("POST", "/faults", members{"kind": "close", "operation": "report", "skip": 1})
	pages, err := reportPages(client)
	var failure *Error
	if !errors.As(err, &failure) || failure.State != Unknown {
		t.Fatalf("got %v, want an unknown outcome", err)
	}
	equal(t, len(pages), 1)
	equal(t, len(pages[0]), 300)
}

func TestRepliesAreFetchedUntilAPageIsNotFull(t *testing.T) {
	account := open(t)
	for _, number := range phones(101) {
		account.control("POST", "/upmsgs", members{"phone": number, "content": " 好的 <ok> "})
	}
	var pages [][]Upmsg
	err := account.client().Upmsgs(context.Background(), func(page []Upmsg) error {
		pages = append(pages, page)
		return nil
	})
	equal(t, err, nil)
	if len(pages) != 2 || len(pages[0]) != 100 || len(pages[1]) != 1 {
		t.Fatalf("got %v, want pages of 100 and 1", pages)
	}
	equal(t, []string{pages[1][0].Phone, pages[1][0].Msgcontent}, []string{phones(101)[100], " 好的 <ok> "})
}

func TestASignedSendHasASignOfItsOwnAndNoPassword(t *testing.T) {
	account := open(t)
	client := account.client()
	client.Signed = true
	for _, number := range phones(2) {
		equal(t, send(t, client, number)[0].State, Accepted)
	}
	for _, entry := range account.journal() {
		if !strings.Contains(entry.Request, "sign=") || strings.Contains(entry.Request, "password=") {
			t.Errorf("the request is not signed: %s", entry.Request)
		}
	}
}
