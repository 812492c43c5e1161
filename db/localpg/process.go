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

// launcher runs the server: the command after its first argument. It reads names of signals from
// its standard input, one a line, and sends them to the server. When the input ends, the process
// that wrote to it is gone: launcher then shuts the server down immediately and removes the folder
// that the first argument names, if any. It exits when the server has ended.
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

// start starts the launcher. The launcher and all processes of the server inherit the lock.
func (s *Server) start(port int) (*process, error) {
	log, err := os.OpenFile(s.logFile(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	// The lock shows that no server runs here, so a process file is left from a killed one. Another
	// process may have its number by now, which PostgreSQL would take for a running server.
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
	// No context bounds the command: the server outlives the call that starts it.
	cmd := s.account.command(context.Background(), "/bin/sh", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, log, log
	cmd.ExtraFiles = []*os.File{s.lock}
	cmd.SysProcAttr.Setsid = true // Ctrl-C in the terminal reaches only the caller, which then stops the server
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, control.Close())
	}
	p := &process{control: control, ended: make(chan struct{})}
	go p.wait(cmd)
	return p, nil
}

func (p *process) wait(cmd *exec.Cmd) {
	_ = cmd.Wait() // the server's log says how it ended
	_ = p.control.Close()
	close(p.ended)
}

// signal asks the launcher to send a signal. It does nothing if the launcher has ended.
func (p *process) signal(name string) { _, _ = p.control.WriteString(name + "\n") }

// stop shuts the server down in order. If ctx ends first, it shuts down immediately.
func (p *process) stop(ctx context.Context) {
	p.signal("INT")
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.quit()
	}
}

// quit shuts the server down immediately. PostgreSQL kills its own processes that have not ended
// after five seconds.
func (p *process) quit() {
	p.signal("QUIT")
	<-p.ended
}

// errPortTaken means that another process took the port before the server could.
var errPortTaken = errors.New("the port was taken by another process")

// launch runs the server on a free port, with five attempts.
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

// run runs the server on port and returns when it answers queries.
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

// ready waits until the server lets a client log in. While the server recovers it accepts
// connections and then refuses them, so an open port is no sign.
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
	ctx, cancel := context.WithTimeout(ctx, time.Second) // another process that took the port may never answer
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// lastLog returns the line of the server's log that says why it ended.
func (s *Server) lastLog() string {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return reason(string(text))
}

// reason returns the last FATAL line of a server's log, else the last line.
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
