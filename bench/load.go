package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// exports are signed exports of tenants, each but for its UUID as it goes over the wire: what the load costs is not to be taken for
// what the service costs.
type exports struct {
	requests [][]byte
	uuidAt   []int
}

const uuidHeader = "X-JazzHR-UUID: "

func newExports(c *customers) exports {
	body := exportBody()
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	mac.Write([]byte(body))
	signature := hex.EncodeToString(mac.Sum(nil))
	e := exports{}
	for _, token := range c.tokens {
		request := "POST /webhooks/jazzhr/" + token + " HTTP/1.1\r\nHost: bench\r\nUser-Agent: JazzHR\r\nContent-Type: application/json\r\n" +
			"X-JazzHR-Event: CANDIDATE-EXPORT\r\nX-JazzHR-Signature: " + signature + "\r\n" + uuidHeader + uuid.Nil.String() +
			"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
		e.requests = append(e.requests, []byte(request))
		e.uuidAt = append(e.uuidAt, strings.Index(request, uuidHeader)+len(uuidHeader))
	}
	return e
}

// load is exports sent over so many connections.
type load struct {
	exports exports
	address string
	conns   int
	rate    float64       // a second, evenly; as fast as answers come if it is 0
	lasts   time.Duration // what begins later is not sent
}

// outcome is what became of a load.
type outcome struct {
	answered  int
	took      time.Duration
	latencies []time.Duration // sorted; from when each was due
	refused   int             // answers other than 200
	example   string          // one of them
}

func (o outcome) perSecond() float64 { return float64(o.answered) / o.took.Seconds() }

func (l load) run(ctx context.Context) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, l.lasts+30*time.Second)
	defer cancel()
	var next atomic.Int64
	var all sync.WaitGroup
	var mu sync.Mutex
	var sum outcome
	var errs []error
	started := time.Now()
	for range l.conns {
		all.Go(func() {
			part, err := l.connection(ctx, started, &next)
			mu.Lock()
			defer mu.Unlock()
			sum.answered += part.answered
			sum.refused += part.refused
			sum.latencies = append(sum.latencies, part.latencies...)
			sum.example = max(sum.example, part.example)
			if err != nil {
				errs = append(errs, err)
			}
		})
	}
	all.Wait()
	sum.took = time.Since(started)
	sum.latencies = sorted(sum.latencies)
	if sum.refused > 0 {
		errs = append(errs, fmt.Errorf("%d of %d were not answered by 200, such as %s", sum.refused, sum.refused+sum.answered, sum.example))
	}
	return sum, errors.Join(errs...)
}

// connection sends one request after the other.
func (l load) connection(ctx context.Context, started time.Time, next *atomic.Int64) (part outcome, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(l.address, "http://"))
	if err != nil {
		return part, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	reader, request := bufio.NewReaderSize(conn, 4096), []byte(nil)
	for {
		n := next.Add(1)
		due := time.Now()
		if l.rate > 0 {
			due = started.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
			if err := pause(ctx, time.Until(due)); err != nil {
				return part, err
			}
		}
		if due.Sub(started) > l.lasts {
			return part, nil
		}
		tenant := int(n) % len(l.exports.requests)
		request = append(request[:0], l.exports.requests[tenant]...)
		id := uuid.New()
		copy(request[l.exports.uuidAt[tenant]:], id.String())
		if _, err := conn.Write(request); err != nil {
			return part, err
		}
		status, err := readAnswer(reader)
		if err != nil {
			return part, err
		}
		if status != "200" {
			part.refused++
			part.example = status
			continue
		}
		part.answered++
		part.latencies = append(part.latencies, time.Since(due))
	}
}

// readAnswer reads an HTTP answer and returns its status.
func readAnswer(r *bufio.Reader) (status string, err error) {
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first {
			_, after, _ := bytes.Cut(line, []byte(" "))
			status = string(after[:min(3, len(after))])
		}
		if len(line) == 0 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return "", err
			}
		}
	}
	_, err = io.CopyN(io.Discard, r, int64(length))
	return status, err
}
