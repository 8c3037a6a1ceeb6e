// Package ccell tests with the emulator in a container.
package ccell

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

const token = "token-of-the-tests"

// start runs the emulator until the test ends, and returns its address, as your application needs it.
func start(t *testing.T) string {
	t.Helper()
	ctx := context.Background()
	container, err := testcontainers.GenericContainer(ctx, testcontainers.GenericContainerRequest{
		ContainerRequest: testcontainers.ContainerRequest{
			Image:        "ccell-fake:latest",
			ExposedPorts: []string{"8026/tcp"},
			Env:          map[string]string{"CCELL_FAKE_CONTROL_TOKEN": token},
			WaitingFor:   wait.ForHTTP("/_ccell/readyz").WithPort("8026/tcp"),
		},
		Started: true,
	})
	testcontainers.CleanupContainer(t, container)
	if err != nil {
		t.Fatal(err)
	}
	url, err := container.PortEndpoint(ctx, "8026/tcp", "http")
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// control calls the control API.
func control(t *testing.T, method, url, body string, answer any) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		t.Fatal(err)
	}
}

func TestAMessageReachesTheEmulator(t *testing.T) {
	url := start(t)
	var account struct{ Userid, Password string }
	control(t, "POST", url+"/_ccell/v1/accounts", "{}", &account)

	// Your application sends.
	body := `<root userid="` + account.Userid + `" password="` + account.Password + `">` +
		`<submit phone="13800000000" content="验证码为1234。【签名】"/></root>`
	response, err := http.Post(url+"/sms3_api/xmlapi/send.jsp", "text/xml; charset=UTF-8", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if answer, _ := io.ReadAll(response.Body); !strings.Contains(string(answer), `return="0"`) {
		t.Fatalf("the send was refused: %s", answer)
	}

	var page struct{ Items []struct{ Content string } }
	control(t, "GET", url+"/_ccell/v1/accounts/"+account.Userid+"/messages", "", &page)
	if len(page.Items) != 1 || page.Items[0].Content != "验证码为1234。【签名】" {
		t.Fatalf("got %v, want one message", page.Items)
	}
}
