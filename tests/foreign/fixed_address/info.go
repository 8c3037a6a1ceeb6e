// Go's net/http. A dialer of its own resolves the name.
package main

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

func main() {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	client := http.Client{Transport: &http.Transport{DialContext: dial}}
	body := strings.NewReader(`<root userid="200001" password="123456"></root>`)
	answer, err := client.Post(os.Args[1], "text/xml", body)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	io.Copy(os.Stdout, answer.Body)
}
