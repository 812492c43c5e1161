package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that bench has started: a worker or the simulator.
type process struct {
	name    string
	cmd     *exec.Cmd
	log     string // file of its output
	address string // http://… of its web server, if it has one
	metrics string // http://… of its metrics
	ended   chan struct{}
}

// spawn starts a program, its output in a file.
func (b *bench) spawn(name, program string, env []string, args ...string) (*process, error) {
	file := fmt.Sprintf("%s-%d.log", name, time.Now().UnixNano())
	p := &process{name: name, log: filepath.Join(b.folder, file), ended: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	p.cmd = exec.Command(program, args...) //nolint:noctx // stop and kill end it
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, log, log
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in its log
		close(p.ended)
	}()
	return p, nil
}

// startWorker starts a command of jazzhr-worker on a database and waits until it serves its
// metrics.
func (b *bench) startWorker(ctx context.Context, d *database, command string, env ...string) (*process, error) {
	web, err := freeAddress()
	if err != nil {
		return nil, err
	}
	metrics, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p, err := b.spawn(command, b.setup.worker, append([]string{
		"DATABASE_URL=" + d.url, "SEALING_KEYSET=" + b.keyset,
		"PUBLIC_URL=http://" + web, "LISTEN_ADDR=" + web, "METRICS_ADDR=" + metrics, "LOG_FORMAT=json", "DRAIN_DELAY=0s",
		"ADMIN_TOKEN=" + strings.Repeat("b", 32), "JAZZHR_CALLS_PER_MINUTE=100000000",
	}, env...), command)
	if err != nil {
		return nil, err
	}
	p.address, p.metrics = "http://"+web, "http://"+metrics
	err = waitUntil(ctx, 30*time.Second, func() (bool, error) {
		select {
		case <-p.ended:
			return true, nil
		default:
		}
		_, err := p.scrape(ctx)
		return err == nil, err
	})
	select {
	case <-p.ended:
		text, _ := os.ReadFile(p.log)
		return nil, fmt.Errorf("%s ended: %.2000s", command, text)
	default:
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	return p, nil
}

// stop asks the process to end, and kills it if it has not ended after 20 s.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.kill()
	}
}

// kill ends the process as kill -9 does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// scrape returns the text of the process's metrics.
func (p *process) scrape(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.metrics+"/metrics", nil)
	if err != nil {
		return "", err
	}
	response, err := (&http.Client{Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	var text bytes.Buffer
	_, err = text.ReadFrom(response.Body)
	return text.String(), err
}

// ticksPerSecond is the unit in which Linux counts a process's time: 100 a second on every platform
// that Go runs on.
const ticksPerSecond = 100

// stat returns the fields of /proc/<pid>/stat from the third, the state, on.
func stat(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	_, after, found := strings.Cut(string(text), ") ") // the name before it may hold anything
	if !found {
		return nil, fmt.Errorf("/proc/%d/stat has no name in parentheses", pid)
	}
	return strings.Fields(after), nil
}

func parentOf(pid int) (int, error) {
	fields, err := stat(pid)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(fields[1])
}

// cpu returns the processor time that a process has used, with that of its ended children if these
// are asked for.
func cpu(pid int, children bool) time.Duration {
	fields, err := stat(pid)
	if err != nil {
		return 0
	}
	last := 13
	if children {
		last = 15
	}
	var sum int64
	for _, field := range fields[11:last] {
		n, _ := strconv.ParseInt(field, 10, 64)
		sum += n
	}
	return time.Duration(sum) * time.Second / ticksPerSecond
}

// cpuOfServer returns the processor time of all of PostgreSQL's processes.
func (b *bench) cpuOfServer() time.Duration {
	sum := cpu(b.postmaster, true)
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		pid, _ := strconv.Atoi(filepath.Base(entry))
		if parent, err := parentOf(pid); err == nil && parent == b.postmaster {
			sum += cpu(pid, false)
		}
	}
	return sum
}

// memory returns a process's resident memory in bytes.
func memory(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmRSS:" {
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

// usage is the processor time that each part has used up to a moment.
type usage struct {
	at                   time.Time
	service, server, sim time.Duration
}

func (b *bench) usage(service, sim *process) usage {
	return usage{time.Now(), cpu(service.cmd.Process.Pid, false), b.cpuOfServer(), cpu(sim.cmd.Process.Pid, false)}
}

// cores returns how many cores each part used between two readings.
func (u usage) cores(from usage) (service, server, sim float64) {
	passed := u.at.Sub(from.at).Seconds()
	return (u.service - from.service).Seconds() / passed,
		(u.server - from.server).Seconds() / passed,
		(u.sim - from.sim).Seconds() / passed
}
