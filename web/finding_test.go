package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/web"
)

// TestFinding21TokenOfBadBytes sends rightly signed webhooks beside tokens that Postgres can't take:
// none of the right ones fails.
func TestFinding21TokenOfBadBytes(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			s.Send("POST", "/webhooks/jazzhr/%ff", []byte(exportBody)).Want(http.StatusBadRequest)
			s.Send("POST", "/webhooks/jazzhr/a%00b", []byte(exportBody)).Want(http.StatusBadRequest)
		})
		all.Go(func() {
			s.export(tenant, strings.Repeat("x", i+1), exportBody).Want(http.StatusOK)
		})
	}
	all.Wait()
}

// TestFinding25BadBytesInAddresses asks with text that Postgres can't take, in every place of an
// address.
func TestFinding25BadBytesInAddresses(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Activate()
	for _, bad := range []string{"%00", "%ff", "a%00b", "%c3%28"} {
		for _, path := range []string{
			"/v1/tenants?external_id=" + bad, "/v1/tenants/" + bad, tenant.Path + "/writebacks?interview_id=" + bad,
			tenant.Path + "/jobs?" + bad + "=x", tenant.Path + "/writebacks/" + bad, "/" + bad,
		} {
			if got := s.API("GET", path, ""); got.Status != http.StatusBadRequest {
				t.Errorf("%s: %d", path, got.Status)
			}
		}
		for _, path := range []string{"/console/candidates?q=" + bad, "/console/" + bad, "/connect/" + bad} {
			if got := s.Send("GET", path, nil); got.Status >= http.StatusInternalServerError {
				t.Errorf("%s: %d", path, got.Status)
			}
		}
	}
}

// TestFinding26ExportAsVerify sends a signed export under the name of VERIFY: it verifies nothing.
func TestFinding26ExportAsVerify(t *testing.T) {
	t.Parallel()
	s := start(t)
	tenant := s.Connect()
	for _, body := range []string{exportBody, `{}`, `{"data":"x"}`, `{"data": "JazzHR Verify Event", "candidate": {}}`} {
		s.Send("POST", tenant.Webhook, []byte(body), "X-JazzHR-Event", "VERIFY",
			"X-JazzHR-Signature", jazzhr.Sign(tenant.Secret, []byte(body))).Want(http.StatusBadRequest)
	}
	if state := s.API("GET", tenant.Path, "").Text("state"); state == "active" {
		t.Error("the connection is verified")
	}
}

// TestFinding22SlowBodies has many connections announce the largest body and send one byte: webhooks of
// others are taken all the same, and the slow ones are ended.
func TestFinding22SlowBodies(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.WebhookTimeout = 3 * time.Second })
	tenant := s.Activate()
	slow := make([]net.Conn, 40)
	for i := range slow {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		slow[i] = conn
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n{", strings.TrimPrefix(tenant.Webhook, s.URL), 5<<20)
	}
	s.export(tenant, "uuid-1", exportBody).Want(http.StatusOK)
	for _, conn := range slow {
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("a slow one is answered %d", answer.StatusCode)
		}
	}
	s.export(tenant, "uuid-2", exportBody).Want(http.StatusOK)
}
