package jazzhr

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// Send bounds one write.
type Send struct {
	// NotAfter is the local moment after which no byte of the request may leave
	// and no answer is waited for. Keep its monotonic reading: it is held
	// against both clocks, so that neither a clock set back nor a machine that
	// slept lets a late write through. The zero time forbids the write.
	NotAfter time.Time
}

// Writes need to know whether a byte of the request left. net/http does not
// tell: it flushes a request's headers before it reads the body unless the body
// is a known in-memory type, writes large bodies in pieces, and an error says
// nothing of what went before. So the question is asked where the answer is,
// in the connection's Write.
//
// A writeConn lies under TLS, if there is any, and must let a handshake and a
// proxy's CONNECT pass. httptrace's GotConn comes after these and before the
// first byte of the request; from then on the connection obeys its departure.
type writeConn struct {
	net.Conn
	departure atomic.Pointer[departure]
}

// departure watches the bytes of one write leave.
type departure struct {
	notAfter time.Time
	now      func() time.Time
	begun    atomic.Bool // a byte may have left
}

func (c *writeConn) Write(p []byte) (int, error) {
	if d := c.departure.Load(); d != nil {
		if late(d.now(), d.notAfter) {
			return 0, ErrTooLate
		}
		d.begun.Store(true)
	}
	return c.Conn.Write(p)
}

// late compares by the monotonic clock, where both times have it, and by the
// wall clock.
func late(now, notAfter time.Time) bool {
	return now.After(notAfter) || now.Round(0).After(notAfter.Round(0))
}

// trace returns a context under which a write's connection obeys d.
func (d *departure) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { d.watch(info.Conn) },
	})
}

func (d *departure) watch(conn net.Conn) {
	for {
		switch c := conn.(type) {
		case *writeConn:
			c.departure.Store(d)
			return
		case interface{ NetConn() net.Conn }: // *tls.Conn
			conn = c.NetConn()
		default:
			// Not one of newWriteTransport's: nothing can be known.
			d.begun.Store(true)
			return
		}
	}
}

// newWriteTransport returns a transport that uses a connection once: an idle
// one can have been closed by JazzHR, and the failure would not tell whether
// before or after the write. It speaks HTTP/1.1, where one connection is one
// request. Closing resets instead of draining, so that what still lies in the
// socket of an abandoned write is dropped.
func newWriteTransport(dialer *net.Dialer) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		Protocols:           &protocols,
		DisableKeepAlives:   true,
		TLSHandshakeTimeout: connectTimeout,
		WriteBufferSize:     64 << 10, // most writes leave in one piece
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				if err := tcp.SetLinger(0); err != nil {
					conn.Close()
					return nil, err
				}
			}
			return &writeConn{Conn: conn}, nil
		},
	}
}
