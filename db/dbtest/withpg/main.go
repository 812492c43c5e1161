// Command withpg runs a command with a throwaway PostgreSQL server, which ends with it:
//
//	go run ./db/dbtest/withpg -- go test ./...
//
// The command finds the server's address in TEST_DATABASE_URL, where package dbtest looks for it, so that the test
// processes of all packages share one server. If DATABASE_URL is set, that server is used and none is started. Signals are
// passed on to the command, and its exit code is returned.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/intrvio/jazzhr-worker/db/localpg"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: withpg [--] command [argument …]")
		os.Exit(2)
	}
	code, err := run(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// run returns the command's exit code, or 1 and an error if it could not be run.
func run(args []string) (code int, err error) {
	caught := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, caught...)
	starting, cancel := signal.NotifyContext(context.Background(), caught...)
	defer cancel()

	cmd := exec.Command(args[0], args[1:]...) //nolint:noctx // signals end it
	cmd.Env = os.Environ()
	if os.Getenv("DATABASE_URL") == "" {
		server, err := localpg.Start(starting, localpg.Config{Log: func(line string) { fmt.Fprintln(os.Stderr, line) }})
		if err != nil {
			return 1, err
		}
		defer func() {
			if stopErr := server.Stop(context.Background()); stopErr != nil {
				code, err = max(code, 1), errors.Join(err, stopErr)
			}
		}()
		cmd.Env = append(cmd.Env, "TEST_DATABASE_URL="+server.URL("postgres"))
	}
	return follow(cmd, signals)
}

// follow runs the command in a process group of its own, so that Ctrl-C reaches it once, through us, and so does a signal
// that was sent to us alone.
func follow(cmd *exec.Cmd, signals <-chan os.Signal) (int, error) {
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = syscall.Kill(-cmd.Process.Pid, s.(syscall.Signal)) // a group that has just ended needs none
		case err := <-ended:
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				return exitCode(exit), nil
			}
			if err != nil {
				return 1, err
			}
			return 0, nil
		}
	}
}

// exitCode is the code a shell would give: 128 and the signal for a command that a signal ended.
func exitCode(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}
