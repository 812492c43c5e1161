package localpg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// launcher runs the command given after its first argument, and passes on the signals named, one a line, on its standard
// input. When that ends because the process that wrote to it is gone, it shuts the server down immediately and removes the
// folder named by the first argument, if any. It exits when the server has.
const launcher = `
remove=$1
shift
exec 4<&0 </dev/null
"$@" 4<&- &
server=$!
(
	while read -r signal <&4; do kill -s "$signal" "$server"; done
	kill -s QUIT "$server"
	exit 0
) &
watcher=$!
exec 4<&-
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null && [ -n "$remove" ] && rm -rf -- "$remove"
exit "$status"
`

// process is a running launcher and its server.
type process struct {
	control *os.File      // the launcher's standard input
	ended   chan struct{} // closed when launcher and server have ended
}

// start starts the launcher. The lock is inherited down to each of the server's processes.
func (s *Server) start(port int) (*process, error) {
	log, err := os.OpenFile(s.logFile(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	// The lock says that no server runs here, so a process file tells of one that was killed. Its number may be another
	// process's by now, which PostgreSQL would take for a running server.
	if err := os.Remove(filepath.Join(s.dataDir(), "postmaster.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	input, control, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer input.Close()

	remove := ""
	if s.cfg.throwaway() {
		remove = s.home
	}
	args := append([]string{"-c", launcher, "localpg", remove, filepath.Join(s.bin.dir, "postgres")}, s.arguments()...)
	args = append(args, "-p", strconv.Itoa(port))
	// Not bound to a context: the server outlives the call that starts it.
	cmd := s.account.command(context.Background(), "/bin/sh", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, log, log
	cmd.ExtraFiles = []*os.File{s.lock}
	cmd.SysProcAttr.Setsid = true // Ctrl-C at the terminal is for the caller, who stops us when it has no more use for us
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, control.Close())
	}
	p := &process{control: control, ended: make(chan struct{})}
	go p.wait(cmd)
	return p, nil
}

func (p *process) wait(cmd *exec.Cmd) {
	_ = cmd.Wait() // how the server ended stands in its log
	_ = p.control.Close()
	close(p.ended)
}

// signal asks the launcher to send a signal. It has no effect on a launcher that has ended.
func (p *process) signal(name string) { _, _ = p.control.WriteString(name + "\n") }

// stop shuts down in good order while ctx lasts, then immediately.
func (p *process) stop(ctx context.Context) {
	p.signal("INT")
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.quit()
	}
}

// quit shuts down immediately. PostgreSQL itself kills what has not ended after five seconds.
func (p *process) quit() {
	p.signal("QUIT")
	<-p.ended
}

// errPortTaken means that another process took the port between its choice and the server's start.
var errPortTaken = errors.New("the port was taken by another process")

// launch runs the server on a free port.
func (s *Server) launch(ctx context.Context) error {
	const attempts = 5
	var err error
	for range attempts {
		var port int
		if port, err = freePort(ctx); err != nil {
			return fmt.Errorf("start local PostgreSQL: %w", err)
		}
		if err = s.run(ctx, port); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return err
}

// run runs the server on port and returns when it answers.
func (s *Server) run(ctx context.Context, port int) error {
	s.port = port
	p, err := s.start(port)
	if err != nil {
		return fmt.Errorf("start local PostgreSQL: %w", err)
	}
	if err := s.ready(ctx, p); err != nil {
		p.quit()
		return fmt.Errorf("start local PostgreSQL: %w", err)
	}
	s.proc = p
	return nil
}

// ready waits until the server answers a query. While it recovers it accepts connections only to refuse them, so
// connecting is the one sure sign.
func (s *Server) ready(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ping(ctx, s.url("postgres"))
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			if portTaken(ctx, s.port) {
				return errPortTaken
			}
			return fmt.Errorf("the server ended: %s", s.lastLog())
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", ctx.Err(), s.lastLog())
		case <-ticker.C:
		}
	}
}

func ping(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second) // who took the port may never answer
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// lastLog is what the server's log says last.
func (s *Server) lastLog() string {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return reason(string(text))
}

// reason is the line of a server's log that says why it ended: the last fatal one, else the last.
func reason(log string) string {
	if i := strings.LastIndex(log, "FATAL:"); i >= 0 {
		line, _, _ := strings.Cut(log[i:], "\n")
		return line
	}
	return lastLine(log)
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

func portTaken(ctx context.Context, port int) bool {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return true
	}
	_ = l.Close()
	return false
}
