package intrviotest

import (
	"net/http/httptest"
	"testing"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// Server is a [Receiver] on a loopback port, for one test.
type Server struct {
	*Receiver
	// URL is where events are posted.
	URL string
	// Secret is what events must be signed with.
	Secret string
}

// NewServer starts a receiver with a secret of its own. It ends with the test, letting go of deliveries that hang.
func NewServer(t testing.TB) *Server {
	t.Helper()
	secret := intrvio.NewSecret()
	receiver, err := NewReceiver(secret)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(receiver)
	t.Cleanup(func() {
		receiver.Clear()
		server.Close()
	})
	return &Server{Receiver: receiver, URL: server.URL + "/events", Secret: secret}
}
