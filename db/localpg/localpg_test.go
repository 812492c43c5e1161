package localpg

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestFind(t *testing.T) {
	t.Parallel()
	dir, version, err := Find(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("PostgreSQL) %d", version); version < MinVersion || !strings.Contains(string(out), want) {
		t.Errorf("Find says version %d of %q", version, out)
	}
}

func TestDataOutlivesTheServer(t *testing.T) {
	t.Parallel()
	ctx, cfg := testContext(t), Config{Dir: testDir(t)}
	first := start(t, cfg)
	url, err := first.EnsureDatabase(ctx, "kept")
	if err != nil {
		t.Fatal(err)
	}
	query[any](t, url, "CREATE TABLE kept AS SELECT 'still here'::text AS text")
	stop(t, first)
	if conn, err := pgx.Connect(ctx, url); err == nil {
		_ = conn.Close(ctx)
		t.Error("a stopped server answers")
	}

	begin := time.Now()
	second := start(t, cfg)
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("the second start took %s", took)
	}
	if _, err := second.EnsureDatabase(ctx, "kept"); err != nil {
		t.Errorf("a database that exists: %v", err)
	}
	if text := query[string](t, second.URL("kept"), "SELECT text FROM kept"); text != "still here" {
		t.Errorf("the table holds %q", text)
	}
}

func TestRestartRecoversAtTheSameAddress(t *testing.T) {
	t.Parallel()
	server := start(t, Config{})
	url := server.URL("postgres")
	query[any](t, url, "CREATE TABLE kept AS SELECT 1 AS n")
	server.StopImmediate()
	server.StopImmediate() // a stopped server may be stopped again
	if err := server.Restart(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, url, "SELECT n FROM kept"); n != 1 {
		t.Errorf("the table holds %d", n)
	}
	if err := server.Restart(testContext(t)); err != nil {
		t.Errorf("restart of a running server: %v", err)
	}
	query[any](t, url, "SELECT n FROM kept")

	home := server.home
	stop(t, server)
	if _, err := os.Stat(home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a throwaway's folder is left: %v", err)
	}
	if err := server.Restart(testContext(t)); err == nil {
		t.Error("a server starts again after Stop")
	}
}

func TestOpenToNobodyElse(t *testing.T) {
	t.Parallel()
	server := start(t, Config{Settings: map[string]string{"max_connections": "17"}})
	url := server.URL("postgres")
	for setting, want := range map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"server_encoding":         "UTF8",
		"timezone":                "UTC",
		"max_connections":         "17",
	} {
		if got := query[string](t, url, "SELECT current_setting('"+setting+"')"); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if _, err := pgx.Connect(testContext(t), strings.Replace(url, server.password, "guess", 1)); err == nil {
		t.Error("the server takes any password")
	}
	for _, path := range []string{server.dataDir(), server.dataDir() + ".password", server.logFile()} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
}

func TestSecondServerOnAFolder(t *testing.T) {
	t.Parallel()
	cfg := Config{Dir: testDir(t)}
	server := start(t, cfg)
	_, err := Start(testContext(t), cfg)
	if !errors.Is(err, ErrInUse) {
		t.Fatalf("a second start gives %v", err)
	}
	if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, strconv.Itoa(os.Getpid())) {
		t.Errorf("the error %q is not one line that names the process", text)
	}
	query[any](t, server.URL("postgres"), "SELECT 1")
}

// TestKilledProcessLeavesNothing kills a process that runs a server, and waits for the lock, which
// all processes of the server hold.
func TestKilledProcessLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"kept data": testDir(t), "throwaway": "-"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			helper := startHelper(t, os.Args[0], dir, nil)
			postmaster := postmasterPID(t, helper.home)
			lock, err := os.Open(filepath.Join(helper.home, "lock"))
			if err != nil {
				t.Fatal(err)
			}
			defer lock.Close()

			if err := helper.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			free := make(chan error, 1)
			go func() { free <- syscall.Flock(int(lock.Fd()), syscall.LOCK_EX) }()
			select {
			case err := <-free:
				if err != nil {
					t.Fatal(err)
				}
			case <-testContext(t).Done():
				t.Fatalf("the server outlives its process")
			}
			if alive(postmaster) {
				t.Errorf("process %d outlives the one that started it", postmaster)
			}
			if _, err := os.Stat(helper.home); dir == "-" && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the throwaway's folder is left: %v", err)
			}
		})
	}
}

// TestStartAfterKill starts at once on the folder of a process that was killed, while its server is
// still ending. The number in its process file is another process's by then.
func TestStartAfterKill(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	helper := startHelper(t, os.Args[0], dir, nil)
	query[any](t, helper.url, "CREATE TABLE kept AS SELECT 1 AS n")
	if err := helper.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.cmd.Wait() // reaped, so that its number is not taken for a living process
	server := start(t, Config{Dir: dir})
	if n := query[int](t, server.URL("postgres"), "SELECT n FROM kept"); n != 1 {
		t.Errorf("the table holds %d", n)
	}
	server.StopImmediate()

	// A living process of the server's own account, as PostgreSQL would have to believe.
	stranger := server.account.command(t.Context(), "/bin/sh", "-c", "read -r _")
	stdin, err := stranger.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close(); _ = stranger.Wait() }()
	stale := fmt.Sprintf("%d\n%s\n0\n1\n\n127.0.0.1\n", stranger.Process.Pid, server.dataDir())
	pidFile := filepath.Join(server.dataDir(), "postmaster.pid")
	if err := errors.Join(os.WriteFile(pidFile, []byte(stale), 0o600), server.account.own(pidFile)); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(testContext(t)); err != nil {
		t.Error(err)
	}
}

// TestPortTaken starts a server on a port where another process accepts connections and never
// answers.
func TestPortTaken(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	server := start(t, Config{})
	server.StopImmediate()
	if err := server.run(testContext(t), silent.Addr().(*net.TCPAddr).Port); !errors.Is(err, errPortTaken) {
		t.Errorf("a start on a taken port gives %v", err)
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	for log, want := range map[string]string{
		"LOG:  could not bind\nFATAL:  no sockets\nLOG:  shut down\n":    "FATAL:  no sockets",
		"FATAL:  starting up\nLOG:  ready\nFATAL:  disk full, of a sort": "FATAL:  disk full, of a sort",
		"sh: cannot fork\n/bin/sh: no memory\n":                          "/bin/sh: no memory",
		"":                                                               "",
	} {
		if got := reason(log); got != want {
			t.Errorf("the reason in %q is %q, want %q", log, got, want)
		}
	}
}

func TestBadSettingIsExplained(t *testing.T) {
	t.Parallel()
	_, err := Start(testContext(t), Config{Settings: map[string]string{"max_connections": "many"}})
	if err == nil || !strings.Contains(err.Error(), "max_connections") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is %q", err)
	}
}

// TestRootWhoseFolderIsClosed uses a folder below one that only root can enter, like a checkout in
// /root.
func TestRootWhoseFolderIsClosed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server under another account")
	}
	cfg := Config{Dir: filepath.Join(t.TempDir(), "data")}
	server := start(t, cfg)
	target, err := os.Readlink(filepath.Join(cfg.Dir, "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(target) })
	query[any](t, server.URL("postgres"), "CREATE TABLE kept AS SELECT 1 AS n")
	stop(t, server)

	server = start(t, cfg)
	if n := query[int](t, server.URL("postgres"), "SELECT n FROM kept"); n != 1 {
		t.Errorf("the table holds %d", n)
	}
	stop(t, server) // before target is removed
}

// TestOrdinaryUser runs a server as nobody, since the other tests run as root.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("the other tests run as an ordinary user already")
	}
	accounts := unprivileged()
	nobody := accounts[len(accounts)-1]
	home, err := tempDir(t.Context(), nobody, "/var/tmp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	program, dir := filepath.Join(home, "test"), filepath.Join(home, "data")
	if err := errors.Join(copyFile(os.Args[0], program), os.Mkdir(dir, 0o755), nobody.own(dir)); err != nil {
		t.Fatal(err)
	}
	helper := startHelper(t, program, dir, nobody.cred)
	query[any](t, helper.url, "SELECT 1")
	if err := errors.Join(helper.stdin.Close(), helper.cmd.Wait()); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; uid != nobody.cred.Uid {
		t.Errorf("the helper ran as user %d", uid)
	}
}
