package localpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// helperEnv makes the test binary only run a server: on the folder that it names, or a throwaway
// one for "-".
const helperEnv = "LOCALPG_TEST_HELPER"

func TestMain(m *testing.M) {
	if dir, ok := os.LookupEnv(helperEnv); ok {
		if err := help(dir); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// help runs a server until standard input ends. It prints the server's home folder and URL.
func help(dir string) error {
	server, err := Start(context.Background(), Config{Dir: strings.TrimPrefix(dir, "-")})
	if err != nil {
		return err
	}
	fmt.Println(server.home)
	fmt.Println(server.URL("postgres"))
	_, _ = io.Copy(io.Discard, os.Stdin)
	return server.Stop(context.Background())
}

// helper is a process that runs a server.
type helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
	home  string
	url   string
}

func startHelper(t *testing.T, program, dir string, cred *syscall.Credential) helper {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), helperEnv+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	stdin, errIn := cmd.StdinPipe()
	stdout, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close(); _ = cmd.Wait() })
	lines := bufio.NewScanner(stdout)
	h := helper{cmd: cmd, stdin: stdin}
	for _, line := range []*string{&h.home, &h.url} {
		if !lines.Scan() || strings.HasPrefix(lines.Text(), "error:") {
			t.Fatalf("the helper says %q", lines.Text())
		}
		*line = lines.Text()
	}
	return h
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// testDir returns a folder that the server's account can reach. It can't reach t.TempDir of root.
func testDir(t *testing.T) string {
	t.Helper()
	acct, err := serverAccount(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := tempDir(t.Context(), acct, os.TempDir(), "/var/tmp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	server, err := Start(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *Server) {
	t.Helper()
	if err := server.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// query runs a statement and returns its one value, if any.
func query[T any](t *testing.T, url, statement string) (value T) {
	t.Helper()
	ctx := testContext(t)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := conn.QueryRow(ctx, statement).Scan(&value); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	return value
}

func postmasterPID(t *testing.T, home string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, "pg*", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("process files in %s: %v, %v", home, files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	// A process that is forked while the file is open holds it open for writing until it runs its
	// program, and so long the file can't be run (https://go.dev/issue/22315).
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(to, content, 0o755)
}
