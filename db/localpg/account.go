package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is the operating system account under which the server's programs run.
type account struct {
	name string
	cred *syscall.Credential // nil for the current user
}

// serverAccount returns the current user's account. For root, which PostgreSQL refuses, it returns
// an unprivileged one: postgres if the machine has it, else nobody, else the user ID 65534.
func serverAccount(ctx context.Context) (account, error) {
	if os.Geteuid() != 0 {
		return account{name: "the current user"}, nil
	}
	var errs []error
	for _, a := range unprivileged() {
		err := a.command(ctx, "/bin/sh", "-c", ":").Run()
		if err == nil {
			return a, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", a.name, err))
	}
	return account{}, fmt.Errorf("PostgreSQL refuses to run as root, and root can't become another user: %w",
		errors.Join(errs...))
}

func unprivileged() []account {
	var accounts []account
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		// 32 bits, because macOS gives nobody the user ID -2.
		uid, errUID := strconv.ParseInt(u.Uid, 10, 64)
		gid, errGID := strconv.ParseInt(u.Gid, 10, 64)
		if errUID == nil && errGID == nil && uid != 0 {
			accounts = append(accounts, account{name, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}})
		}
	}
	const nobody = 65534
	return append(accounts, account{strconv.Itoa(nobody), &syscall.Credential{Uid: nobody, Gid: nobody}})
}

// command returns a command that runs under the account. It passes on only PATH of the environment,
// so that the server does not depend on the caller's locale, time zone or PG… variables and does
// not hold its secrets.
func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/" // the account may have no access to the current folder
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.cred}
	return cmd
}

// own makes the account the owner of path.
func (a account) own(path string) error {
	if a.cred == nil {
		return nil
	}
	return os.Chown(path, int(a.cred.Uid), int(a.cred.Gid))
}

// reaches reports whether the account can enter dir and all folders above it.
func (a account) reaches(ctx context.Context, dir string) bool {
	return a.cred == nil || a.command(ctx, "/bin/sh", "-c", `cd -- "$1"`, "sh", dir).Run() == nil
}
