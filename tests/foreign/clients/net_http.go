// Go's net/http. It declares no type by default.
package main

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const content = "验证码为1234。【签名】"

var phones = []string{"13800000000", "13900000001"}

type submit struct {
	Phone   string `json:"phone"`
	Content string `json:"content"`
}

type params struct {
	Userid   string   `json:"userid"`
	Password string   `json:"password,omitempty"`
	Seqid    string   `json:"seqid,omitempty"`
	Sign     string   `json:"sign,omitempty"`
	Submit   []submit `json:"submit,omitempty"`
}

type call struct {
	Method string `json:"method"`
	Params params `json:"params"`
	ID     any    `json:"id,omitempty"`
}

type answer[Item any] struct {
	ID     any    `json:"id"`
	Result []Item `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

type resp struct {
	Phone  string `json:"phone"`
	Msgid  string `json:"msgid"`
	Return string `json:"return"`
	Info   string `json:"info"`
}

type report struct {
	Msgid    string `json:"msgid"`
	Linkid   string `json:"linkid"`
	Phone    string `json:"phone"`
	Recvtime string `json:"recvtime"`
	Status   string `json:"status"`
	Info     string `json:"info"`
}

func main() {
	address, userid, password := os.Args[1]+"/sms3_api/jsonapi/jsonrpc2.jsp", os.Args[2], os.Args[3]
	plain := params{Userid: userid, Password: password}
	joined := []submit{{strings.Join(phones, ","), content}}
	seqid := time.Now().In(time.FixedZone("CST", 8*3600)).Format("060102150405") + "000001"
	switch os.Args[4] {
	case "post":
		plain.Submit = joined
		printResp(post(address, encode(call{"send", plain, seqid})))
	case "get":
		signed := params{Userid: userid, Seqid: seqid, Sign: digest(seqid + digest(password))}
		for _, phone := range phones {
			signed.Submit = append(signed.Submit, submit{phone, content})
		}
		printResp(get(address + "?" + url.QueryEscape(encode(call{"send", signed, 1}))))
	case "get-single-quoted":
		plain.Submit = joined
		printResp(get(address + "?" + strings.ReplaceAll(encode(call{"send", plain, 1}), `"`, `'`)))
	case "report":
		first := read[report](post(address, encode(call{"report", plain, 1})))
		show(map[string]any{"msgid": first.Msgid, "status": first.Status})
	default:
		panic(os.Args[4])
	}
}

func encode(value any) string {
	text, err := json.Marshal(value)
	check(err)
	return string(text)
}

func digest(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func post(address, body string) []byte {
	request, err := http.NewRequest("POST", address, strings.NewReader(body))
	check(err)
	return perform(request)
}

func get(address string) []byte {
	request, err := http.NewRequest("GET", address, nil)
	check(err)
	return perform(request)
}

func perform(request *http.Request) []byte {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		lost(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		lost(err)
	}
	return body
}

func lost(err error) {
	show(map[string]any{"lost": err.Error()})
	os.Exit(0)
}

// read returns the first item. Unknown members, and values of another type, are errors.
func read[Item any](body []byte) Item {
	var read answer[Item]
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	check(decoder.Decode(&read))
	if read.Error != nil {
		show(map[string]any{"error": read.Error.Code, "message": read.Error.Message})
		os.Exit(0)
	}
	return read.Result[0]
}

func printResp(body []byte) {
	first := read[resp](body)
	show(map[string]any{"code": first.Return, "msgid": first.Msgid, "info": first.Info})
}

func show(value any) {
	fmt.Println(encode(value))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
