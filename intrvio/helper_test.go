package intrvio_test

import (
	"io"
	"log"
	"net"
	"testing"
)

// listenNonHTTP answers each connection with a line that is not HTTP. It returns its address.
func listenNonHTTP(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("secret words\n"))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return listener.Addr().String()
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
