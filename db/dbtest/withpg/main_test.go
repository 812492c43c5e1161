package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestMain runs withpg itself if a test has started the binary for that.
func TestMain(m *testing.M) {
	if os.Getenv("WITHPG_TEST_PROGRAM") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 128 + 15} {
		out, err := program(t, "postgres://elsewhere", "--", "/bin/sh", "-c", script).CombinedOutput()
		exit, _ := errors.AsType[*exec.ExitError](err)
		if got := code(exit); got != want {
			t.Errorf("%q gives %d, want %d: %s", script, got, want, out)
		}
	}
	if out, err := program(t, "postgres://elsewhere", "/nonexistent").CombinedOutput(); err == nil || len(out) == 0 {
		t.Errorf("a command that can't be run gives %v, %q", err, out)
	}
}

func TestServerIsGiven(t *testing.T) {
	t.Parallel()
	out, err := program(t, "", "--", "/bin/sh", "-c", `echo "$TEST_DATABASE_URL"`).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "postgres://") {
		t.Errorf("without DATABASE_URL: %v, %s", err, out)
	}
	out, err = program(t, "postgres://elsewhere", "--", "/bin/sh", "-c", `echo "$TEST_DATABASE_URL"`).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "" {
		t.Errorf("with DATABASE_URL: %v, %s", err, out)
	}
}

func TestSignalIsPassedOn(t *testing.T) {
	t.Parallel()
	cmd := program(t, "postgres://elsewhere", "--", "/bin/sh", "-c", `trap 'echo caught; exit 3' TERM; echo ready; while :; do read -r _ <"$0"; done`, fifo(t))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the command says %q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil || string(rest) != "caught\n" {
		t.Errorf("the command says %q, %v", rest, err)
	}
	exit, _ := errors.AsType[*exec.ExitError](cmd.Wait())
	if got := code(exit); got != 3 {
		t.Errorf("the exit code is %d", got)
	}
}

// fifo returns a file whose opening waits until a signal comes.
func fifo(t *testing.T) string {
	t.Helper()
	path := t.TempDir() + "/fifo"
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func code(exit *exec.ExitError) int {
	if exit == nil {
		return 0
	}
	return exit.ExitCode()
}

// program returns withpg as a command with these arguments.
func program(t *testing.T, databaseURL string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "WITHPG_TEST_PROGRAM=1", "DATABASE_URL="+databaseURL, "TEST_DATABASE_URL=")
	return cmd
}
