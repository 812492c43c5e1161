package intrviotest

import (
	"net/http/httptest"
	"testing"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// Server is a [Receiver] on a loopback port, for one test.
type Server struct {
	*Receiver
	// URL is the address for events.
	URL string
	// Secret is the secret that events must be signed with.
	Secret string
}

// NewServer starts a receiver with its own secret. It ends with the test, and so do hanging
// deliveries.
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
