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

// exports holds a signed export request of each tenant, complete but for its UUID. Requests are
// built beforehand so that the load takes little of the processor that the service is measured on.
type exports struct {
	requests [][]byte
	uuidAt   []int
}

const uuidHeader = "X-JazzHR-UUID: "

func newExports(c *tenantSet) exports {
	body := exportBody()
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	mac.Write([]byte(body))
	signature := hex.EncodeToString(mac.Sum(nil))
	e := exports{}
	for _, token := range c.tokens {
		request := "POST /webhooks/jazzhr/" + token + " HTTP/1.1\r\n" +
			"Host: bench\r\nUser-Agent: JazzHR\r\nContent-Type: application/json\r\n" +
			"X-JazzHR-Event: CANDIDATE-EXPORT\r\nX-JazzHR-Signature: " + signature + "\r\n" +
			uuidHeader + uuid.Nil.String() + "\r\n" +
			"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
		e.requests = append(e.requests, []byte(request))
		e.uuidAt = append(e.uuidAt, strings.Index(request, uuidHeader)+len(uuidHeader))
	}
	return e
}

// load sends exports over a number of connections.
type load struct {
	exports exports
	address string
	conns   int
	rate    float64       // exports a second, evenly; 0 sends the next as soon as an answer comes
	lasts   time.Duration // how long exports are sent
}

// loadResult says how a load was answered.
type loadResult struct {
	answered  int
	took      time.Duration
	latencies []time.Duration // sorted; each from the moment the request was due
	refused   int             // answers other than 200
	example   string          // status of one of them
}

func (o loadResult) perSecond() float64 { return float64(o.answered) / o.took.Seconds() }

func (l load) run(ctx context.Context) (loadResult, error) {
	ctx, cancel := context.WithTimeout(ctx, l.lasts+30*time.Second)
	defer cancel()
	var next atomic.Int64
	var all sync.WaitGroup
	var mu sync.Mutex
	var sum loadResult
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
		errs = append(errs, fmt.Errorf("%d of %d requests were not answered with 200 but, for example, with %s",
			sum.refused, sum.refused+sum.answered, sum.example))
	}
	return sum, errors.Join(errs...)
}

// connection sends one request after the other over one connection.
func (l load) connection(ctx context.Context, started time.Time, next *atomic.Int64) (part loadResult, err error) {
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
			if err := sleep(ctx, time.Until(due)); err != nil {
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

// readAnswer reads a whole HTTP answer and returns the three digits of its status.
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
