package jazzhr

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// Send sets the deadline of one write.
type Send struct {
	// NotAfter is the last moment, by the local clock, at which a byte of the request may be sent.
	// The wait for the answer ends then too. Keep the monotonic reading of the time: it is compared
	// with both the monotonic and the wall clock, so neither a clock set back nor a machine that
	// slept lets a late write through. The zero time forbids the write.
	NotAfter time.Time
}

// A write must know whether a byte of the request was sent. net/http does not tell: it flushes the
// headers before it reads the body, unless the body is a known in-memory type. It writes large
// bodies in pieces, and its errors do not say what was sent before. So the connection's Write
// method keeps the answer.
//
// A writeConn lies below TLS, if there is any. It must let the TLS handshake and a proxy's CONNECT
// pass. httptrace calls GotConn after these and before the first byte of the request. From then on
// the connection obeys its writeGuard.
type writeConn struct {
	net.Conn
	guard atomic.Pointer[writeGuard]
}

// writeGuard blocks the bytes of one write after its deadline, and records whether a byte may have
// been sent.
type writeGuard struct {
	notAfter time.Time
	now      func() time.Time
	started  atomic.Bool // a byte may have been sent
}

func (c *writeConn) Write(p []byte) (int, error) {
	if g := c.guard.Load(); g != nil {
		if late(g.now(), g.notAfter) {
			return 0, ErrTooLate
		}
		g.started.Store(true)
	}
	return c.Conn.Write(p)
}

// late compares the times by the wall clock and, where both have it, by the monotonic clock.
func late(now, notAfter time.Time) bool {
	return now.After(notAfter) || now.Round(0).After(notAfter.Round(0))
}

// trace returns a context under which the write's connection obeys g.
func (g *writeGuard) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { g.attach(info.Conn) },
	})
}

func (g *writeGuard) attach(conn net.Conn) {
	for {
		switch c := conn.(type) {
		case *writeConn:
			c.guard.Store(g)
			return
		case interface{ NetConn() net.Conn }: // *tls.Conn
			conn = c.NetConn()
		default:
			// newWriteTransport did not make this connection, so nothing is known about it.
			g.started.Store(true)
			return
		}
	}
}

// newWriteTransport returns a transport that uses each connection once. JazzHR may have closed an
// idle connection, and the failure would not tell whether that was before or after the write. The
// transport speaks HTTP/1.1, where one connection carries one request. Close resets the connection
// instead of draining it, so data of an abandoned write that is still in the socket is dropped.
func newWriteTransport(dialer *net.Dialer) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		Protocols:           &protocols,
		DisableKeepAlives:   true,
		TLSHandshakeTimeout: connectTimeout,
		WriteBufferSize:     64 << 10, // most writes are sent in one piece
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
