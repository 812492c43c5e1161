package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/web"
	"github.com/intrvio/jazzhr-worker/web/webtest"
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

// slowly opens a connection that announces a body and sends the begin of it. The answer comes on
// the channel, nil if there is none.
func (s *service) slowly(to webtest.Account, announced, sent int) <-chan *http.Response {
	s.T.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { _ = conn.Close() })
	answered := make(chan *http.Response, 1)
	go func() {
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil {
			_ = answer.Body.Close()
		}
		answered <- answer
	}()
	go func() { // an early answer ends it
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", to.Webhook, announced, strings.Repeat(" ", sent))
	}()
	return answered
}

// TestFinding22ShareOfATenant has one tenant's connections hold all that they get: webhooks of
// another tenant are taken, also large ones.
func TestFinding22ShareOfATenant(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.WebhookTimeout = time.Minute })
	one, other := s.Activate(), s.NewTenant()
	s.JazzHR.AddAccount("key-of-another-account")
	connected := s.API("PUT", other.Path+"/connection", `{"api_key":"key-of-another-account"}`).Want(http.StatusOK)
	other.Webhook, other.Secret = strings.TrimPrefix(connected.Text("webhook_url"), s.URL), connected.Text("webhook_secret")
	for range 13 {
		s.slowly(one, 5<<20, 1)
	}
	var held []<-chan *http.Response
	for range 13 {
		held = append(held, s.slowly(one, 5<<20, 5<<20-1))
	}
	refused := make(chan int, len(held))
	for _, answered := range held {
		go func() {
			status := 0
			if answer := <-answered; answer != nil {
				status = answer.StatusCode
			}
			refused <- status
		}()
	}
	const most = 3 // of 5 MiB in the 16 MiB of a tenant
	for range len(held) - most {
		if status := <-refused; status != http.StatusServiceUnavailable {
			t.Errorf("one is answered %d", status)
		}
	}
	// What is taken while the last ones are on their way may have one of them refused.
	large := exportBody + strings.Repeat(" ", 5<<20-len(exportBody))
	full := false
	for try := range 100 {
		got := s.export(one, fmt.Sprintf("uuid-%d", try), large)
		if full = got.Status != http.StatusOK; full {
			got.WantError(web.CodeOverloaded, "")
			break
		}
		s.slowly(one, 5<<20, 5<<20-1)
	}
	if !full {
		t.Error("one tenant holds all that it wants")
	}
	for i := range 5 {
		s.export(other, fmt.Sprintf("uuid-%d", i), large).Want(http.StatusOK)
	}
}

// TestFinding22ShareOfAnAddress has all that one network address gets held: what comes from it is sent
// away, and what comes from another is taken. Only a trusted proxy's header tells the address.
func TestFinding22ShareOfAnAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		trusted   []string
		held      string
		forwarded string
		want      int
	}{
		{"the same, by the proxy's word", []string{"127.0.0.0/8"}, "192.0.2.1", "192.0.2.1", http.StatusServiceUnavailable},
		{"another, by the proxy's word", []string{"127.0.0.1"}, "192.0.2.1", "192.0.2.2", http.StatusOK},
		{"the one that the proxy saw, not the one made up before", []string{"127.0.0.1"}, "192.0.2.1", "192.0.2.2, 192.0.2.1", http.StatusServiceUnavailable},
		{"made up", nil, "127.0.0.1", "192.0.2.2", http.StatusServiceUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var intake *intake.Intake
			s := start(t, func(c *web.Config) { intake, c.TrustedProxies = c.Intake, test.trusted })
			tenant := s.Activate()
			for range 1000 {
				room := intake.Room(uuid.New(), netip.MustParseAddr(test.held))
				defer room.Release()
				if room.Grow(1<<20) != nil {
					break
				}
			}
			large := exportBody + strings.Repeat(" ", 1<<20)
			if got := s.export(tenant, "uuid-1", large, "X-Forwarded-For", test.forwarded); got.Status != test.want {
				t.Errorf("answered %d, want %d", got.Status, test.want)
			}
		})
	}
}

// TestFinding22SlowSmallBodies announces little and sends less: each is ended in time all the same.
func TestFinding22SlowSmallBodies(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *web.Config) { c.WebhookTimeout = 2 * time.Second })
	tenant := s.Activate()
	begun := time.Now()
	var all []<-chan *http.Response
	for _, announced := range []int{2, 1000, 100 << 10} {
		all = append(all, s.slowly(tenant, announced, 1))
	}
	for _, answered := range all {
		if answer := <-answered; answer == nil || answer.StatusCode != http.StatusBadRequest {
			t.Errorf("a slow one is answered %v", answer)
		}
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("they were ended after %s", took)
	}
}
