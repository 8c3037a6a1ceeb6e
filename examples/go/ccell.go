// Package ccell is a client of the CCell SMS gateway, by the standard library alone. Copy it into your project.
package ccell

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	mathrand "math/rand"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

const (
	numbersPerRequest = 500
	reportsPerAnswer  = 300
	upmsgsPerAnswer   = 100
	attempts          = 4
	success           = "0"
	tooManyRequests   = "1001006"
)

var (
	// After these codes nothing was sent. After any other code the outcome is unknown, as after 1001999.
	refusals = regexp.MustCompile(`^(100100[1-7]|10040(0[1-9]|1[0-5]))$`)
	digits   = regexp.MustCompile(`^[0-9]+$`)
	notXML   = regexp.MustCompile(`[^\t\n\r\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]`)
	china    = time.FixedZone("China", 8*3600)
)

// State is what is known about a message.
type State string

const (
	Accepted State = "accepted"
	Refused  State = "refused"
	// Unknown messages may have been sent. Look for their linkid in the reports before you send them again.
	Unknown State = "unknown"
	// NotSent messages may be sent again.
	NotSent State = "not sent"
)

// Outcome of a send for one number. Info is the gateway's text, or the reason why there is none.
type Outcome struct {
	Phone, Linkid     string
	State             State
	Code, Info, Msgid string
}

// Report is a status report. Recvtime is China's time. Status "0" means delivered.
type Report struct {
	Msgid    string `xml:"msgid,attr"`
	Linkid   string `xml:"linkid,attr"`
	Phone    string `xml:"phone,attr"`
	Recvtime string `xml:"recvtime,attr"`
	Status   string `xml:"status,attr"`
	Info     string `xml:"info,attr"`
}

// Upmsg is a message from a phone. Motime is China's time.
type Upmsg struct {
	Spnumber   string `xml:"spnumber,attr"`
	Phone      string `xml:"phone,attr"`
	Motime     string `xml:"motime,attr"`
	Msgcontent string `xml:"msgcontent,attr"`
}

// Error is a request without success. With the state Unknown, the gateway may have processed it.
type Error struct {
	State      State
	Code, Info string
}

func (err *Error) Error() string { return fmt.Sprintf("%s: %s %s", err.State, err.Code, err.Info) }

// Client of one account. All goroutines should share it, because it keeps to the thread limit.
type Client struct {
	// Signed signs requests instead of sending the password.
	Signed bool
	// Pause waits before a further attempt, at most until the context ends. By default it sleeps.
	Pause func(context.Context, time.Duration)

	url, userid, password string
	http                  *http.Client
	slots                 chan struct{}
	serial                atomic.Uint32
}

// New makes a client. If several processes use the account, divide its thread limit among them.
func New(url, userid, password string, threads int, timeout time.Duration) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// A kept connection may close just when a request is written. A new one does not.
	transport.DisableKeepAlives = true
	client := &Client{
		Pause:    sleep,
		url:      strings.TrimRight(url, "/") + "/sms3_api/xmlapi/",
		userid:   userid,
		password: password,
		slots:    make(chan struct{}, threads),
		http: &http.Client{
			Transport:     transport,
			Timeout:       timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	if start, err := rand.Int(rand.Reader, big.NewInt(1_000_000)); err == nil {
		client.serial.Store(uint32(start.Int64()))
	}
	return client
}

// Send sends to each different number once, and returns an outcome for each. The linkid is your reference for these
// messages, repeated in their reports; if it is empty, one is generated. An error is returned only for a phone that
// does not consist of digits, or a text with a character that XML does not allow; then nothing was sent.
func (client *Client) Send(ctx context.Context, phones []string, content, linkid string) ([]Outcome, error) {
	if linkid == "" {
		linkid = randomHex()
	}
	if text := content + linkid; !utf8.ValidString(text) || notXML.MatchString(text) {
		return nil, errors.New("content and linkid must consist of characters that XML allows")
	}
	var numbers []string
	seen := map[string]bool{}
	for _, phone := range phones {
		if !digits.MatchString(phone) {
			return nil, fmt.Errorf("a phone must consist of digits, got %q", phone)
		}
		if !seen[phone] {
			seen[phone] = true
			numbers = append(numbers, phone)
		}
	}
	var outcomes []Outcome
	for start := 0; start < len(numbers); start += numbersPerRequest {
		end := min(start+numbersPerRequest, len(numbers))
		batch := numbers[start:end]
		answer, err := client.call(ctx, "send", &submit{strings.Join(batch, ","), content, linkid})
		if err != nil {
			for _, phone := range batch {
				outcomes = append(outcomes, Outcome{phone, linkid, err.State, err.Code, err.Info, ""})
			}
			for _, phone := range numbers[end:] {
				outcomes = append(outcomes, Outcome{phone, linkid, NotSent, "", "an earlier request failed", ""})
			}
			return outcomes, nil
		}
		resps := map[string]resp{}
		for _, one := range answer.Resps {
			resps[strings.TrimSpace(one.Phone)] = one
		}
		for _, phone := range batch {
			one, found := resps[phone]
			if !found {
				one = resp{Info: "the answer does not contain the number"}
			}
			outcomes = append(outcomes, Outcome{phone, linkid, stateOf(one.Return), one.Return, one.Info, one.Msgid})
		}
	}
	return outcomes, nil
}

// Reports hands over pages of reports until there are no more. The gateway hands out each report only once, so store
// each page. An error of store, or an *Error, ends it.
func (client *Client) Reports(ctx context.Context, store func([]Report) error) error {
	for {
		answer, err := client.call(ctx, "report", nil)
		if err != nil {
			return err
		}
		for index := range answer.Reports {
			answer.Reports[index].Phone = strings.TrimSpace(answer.Reports[index].Phone)
		}
		if done, err := handOver(answer.Reports, reportsPerAnswer, store); done {
			return err
		}
	}
}

// Upmsgs hands over pages of upstream messages, as Reports does.
func (client *Client) Upmsgs(ctx context.Context, store func([]Upmsg) error) error {
	for {
		answer, err := client.call(ctx, "upmsg", nil)
		if err != nil {
			return err
		}
		for index := range answer.Upmsgs {
			answer.Upmsgs[index].Phone = strings.TrimSpace(answer.Upmsgs[index].Phone)
		}
		if done, err := handOver(answer.Upmsgs, upmsgsPerAnswer, store); done {
			return err
		}
	}
}

func handOver[Item any](page []Item, full int, store func([]Item) error) (done bool, err error) {
	if len(page) > 0 {
		err = store(page)
	}
	return err != nil || len(page) < full, err
}

type submit struct {
	Phone   string `xml:"phone,attr"`
	Content string `xml:"content,attr"`
	Linkid  string `xml:"linkid,attr"`
}

type request struct {
	XMLName  xml.Name `xml:"root"`
	Userid   string   `xml:"userid,attr"`
	Password string   `xml:"password,attr,omitempty"`
	Seqid    string   `xml:"seqid,attr,omitempty"`
	Sign     string   `xml:"sign,attr,omitempty"`
	Submit   *submit  `xml:"submit"`
}

type resp struct {
	Phone  string `xml:"phone,attr"`
	Return string `xml:"return,attr"`
	Info   string `xml:"info,attr"`
	Msgid  string `xml:"msgid,attr"`
}

type answer struct {
	XMLName xml.Name `xml:"root"`
	Return  string   `xml:"return,attr"`
	Info    string   `xml:"info,attr"`
	Resps   []resp   `xml:"resp"`
	Reports []Report `xml:"report"`
	Upmsgs  []Upmsg  `xml:"upmsg"`
}

// call retries, with longer and longer pauses, only what was surely not sent.
func (client *Client) call(ctx context.Context, endpoint string, submit *submit) (*answer, *Error) {
	for attempt := 1; ; attempt++ {
		select {
		case client.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, &Error{State: NotSent, Info: ctx.Err().Error()}
		}
		read, err := client.request(ctx, endpoint, submit)
		<-client.slots
		if err == nil || err.State != NotSent || attempt == attempts || ctx.Err() != nil {
			return read, err
		}
		longest := time.Second << attempt / 2
		client.Pause(ctx, longest/2+time.Duration(mathrand.Int63n(int64(longest/2))))
	}
}

func (client *Client) request(ctx context.Context, endpoint string, submit *submit) (*answer, *Error) {
	root := client.credentials()
	root.Submit = submit
	body, err := xml.Marshal(root)
	if err != nil {
		return nil, &Error{State: NotSent, Info: err.Error()}
	}
	received, failure := client.post(ctx, client.url+endpoint+".jsp", body)
	if failure != nil {
		return nil, failure
	}
	var read answer
	if err := xml.Unmarshal(received, &read); err != nil {
		return nil, &Error{State: Unknown, Info: "unreadable answer: " + err.Error()}
	}
	switch read.Return {
	case success:
		return &read, nil
	case tooManyRequests:
		return nil, &Error{NotSent, read.Return, read.Info}
	default:
		return nil, &Error{stateOf(read.Return), read.Return, read.Info}
	}
}

// post sends the body once: net/http does not resend a POST of which it wrote a byte. It follows no redirect.
func (client *Client) post(ctx context.Context, url string, body []byte) ([]byte, *Error) {
	var connected atomic.Bool // Whether there was a connection, with its TLS handshake.
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, &Error{State: NotSent, Info: err.Error()}
	}
	request.Header.Set("Content-Type", "text/xml; charset=UTF-8")
	response, err := client.http.Do(request)
	if err != nil && !connected.Load() {
		return nil, &Error{State: NotSent, Info: "no connection: " + err.Error()}
	}
	if err != nil {
		return nil, &Error{State: Unknown, Info: "no answer: " + err.Error()}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, &Error{State: Unknown, Info: "HTTP status " + response.Status}
	}
	received, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, &Error{State: Unknown, Info: "no answer: " + err.Error()}
	}
	return received, nil
}

func (client *Client) credentials() request {
	if !client.Signed {
		return request{Userid: client.userid, Password: client.password}
	}
	// Each request needs a seqid of its own: the time, and six digits.
	seqid := time.Now().In(china).Format("060102150405") + fmt.Sprintf("%06d", client.serial.Add(1)%1_000_000)
	return request{Userid: client.userid, Seqid: seqid, Sign: md5Hex(seqid + md5Hex(client.password))}
}

func stateOf(code string) State {
	switch {
	case code == success:
		return Accepted
	case refusals.MatchString(code):
		return Refused
	default:
		return Unknown
	}
}

func sleep(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func randomHex() string {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		panic(err) // The machine has no source of randomness.
	}
	return hex.EncodeToString(random[:])
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
