// Command withpg runs a command beside a throwaway PostgreSQL server, which ends with the command:
//
//	go run ./db/dbtest/withpg -- go test ./...
//
// The server's address is in TEST_DATABASE_URL, where package dbtest reads it, so that the test
// processes of all packages share one server. If DATABASE_URL is set, withpg starts no server. It
// passes signals on to the command and returns the command's exit code.
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

// run returns the command's exit code, or 1 and an error if the command could not be run.
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

// follow runs the command in a process group of its own and passes signals on. So Ctrl-C, which the
// terminal sends to withpg's group, reaches the command once.
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
			_ = syscall.Kill(-cmd.Process.Pid, s.(syscall.Signal)) // the group may have just ended
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

// exitCode returns the code that a shell would return: 128 plus the signal if a signal ended the
// command.
func exitCode(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}
