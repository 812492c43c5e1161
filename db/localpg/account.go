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

// account is the operating system account that the server's programs run under.
type account struct {
	name string
	cred *syscall.Credential // nil for the current user
}

// serverAccount is the current user's account, or, for root, an unprivileged one: PostgreSQL's own if the machine has
// it, else nobody's, else a number that no account has.
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
	return account{}, fmt.Errorf("PostgreSQL refuses to run as root, and root can't become another user: %w", errors.Join(errs...))
}

func unprivileged() []account {
	var accounts []account
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		// 32 bits: macOS gives nobody the user id -2.
		uid, errUID := strconv.ParseInt(u.Uid, 10, 64)
		gid, errGID := strconv.ParseInt(u.Gid, 10, 64)
		if errUID == nil && errGID == nil && uid != 0 {
			accounts = append(accounts, account{name, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}})
		}
	}
	const nobody = 65534
	return append(accounts, account{strconv.Itoa(nobody), &syscall.Credential{Uid: nobody, Gid: nobody}})
}

// command is a command under the account. Of the environment only PATH is handed on: the server must not depend on the
// caller's locale, time zone or PG… variables, nor carry the caller's secrets.
func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/" // the current folder may be closed to the account
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.cred}
	return cmd
}

// own gives path to the account.
func (a account) own(path string) error {
	if a.cred == nil {
		return nil
	}
	return os.Chown(path, int(a.cred.Uid), int(a.cred.Gid))
}

// reaches reports whether the account can enter dir, every folder above it included.
func (a account) reaches(ctx context.Context, dir string) bool {
	return a.cred == nil || a.command(ctx, "/bin/sh", "-c", `cd -- "$1"`, "sh", dir).Run() == nil
}
