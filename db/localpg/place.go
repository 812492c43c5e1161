package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrInUse is returned by [Start] when another process runs a server on the same folder.
var ErrInUse = errors.New("local PostgreSQL is already running")

const (
	// lockPoll is the interval at which a lock that will soon be free is tried.
	lockPoll = 50 * time.Millisecond
	// lockWait bounds the wait for the server of a killed process to end.
	lockWait = 15 * time.Second
)

// lockDir takes the lock of a data folder. If the process that holds it lives, it returns ErrInUse
// at once. If that process was killed, its server will soon end, and lockDir waits for that.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()

	owner := 0
	f, err := lockFile(ctx, filepath.Join(dir, "lock"), func(f *os.File) bool {
		owner = readPID(f)
		return owner == 0 || !alive(owner)
	})
	switch {
	case err == nil:
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, fmt.Errorf("%w on %s (process %d): stop that one first", ErrInUse, dir, owner)
	default:
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if err := writePID(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
	}
	return f, nil
}

// lockFile opens and locks a file. While another process holds the lock, it calls wait and goes on
// waiting if that returns true. Else, and when ctx ends, it returns EWOULDBLOCK. The lock lasts
// until every inherited copy of the file is closed.
func lockFile(ctx context.Context, path string, wait func(*os.File) bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || !wait(f) {
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err(), f.Close())
		case <-ticker.C:
		}
	}
}

func readPID(f *os.File) int {
	buf := make([]byte, 16)
	n, _ := f.ReadAt(buf, 0)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	return pid
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// memoryDir is Linux's file system in memory. Each test needs a copy of a database, which takes 35
// ms there and 250 to 450 ms on a virtual machine's ext4 (measured).
const memoryDir = "/dev/shm"

// roomy reports whether dir has 4 GiB free for a throwaway server: its write-ahead log of at most a
// gigabyte and the databases of many tests. In a container, memoryDir often has only 64 MiB.
func roomy(dir string) bool {
	var stat syscall.Statfs_t
	return syscall.Statfs(dir, &stat) == nil && stat.Bavail*uint64(stat.Bsize) >= 4<<30
}

// throwawayHome creates a temporary folder that the account owns, so that the launcher can remove
// it.
func throwawayHome(ctx context.Context, a account) (string, error) {
	bases := []string{os.TempDir(), "/var/tmp", "/tmp"}
	if roomy(memoryDir) {
		bases = slices.Insert(bases, 0, memoryDir)
	}
	dir, err := tempDir(ctx, a, bases...)
	if err != nil {
		return "", err
	}
	if err := a.own(dir); err != nil {
		return "", errors.Join(fmt.Errorf("local PostgreSQL: %w", err), os.RemoveAll(dir))
	}
	return dir, nil
}

// reachable returns dir if the account can reach it, else the folder to which the link
// dir/elsewhere points. It creates that folder in /var/tmp, the one place that every account can
// reach and that outlives a reboot.
func reachable(ctx context.Context, a account, dir string) (string, error) {
	if a.reaches(ctx, dir) {
		return dir, nil
	}
	link := filepath.Join(dir, "elsewhere")
	if target, err := os.Readlink(link); err == nil && ours(target) && a.reaches(ctx, target) {
		return target, nil
	}
	target, err := tempDir(ctx, a, "/var/tmp", os.TempDir())
	if err != nil {
		return "", err
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("local PostgreSQL: %w", err)
	}
	if err := os.Symlink(target, link); err != nil {
		return "", fmt.Errorf("local PostgreSQL: %w", err)
	}
	return target, nil
}

// ours reports whether dir is a folder to which only the current user can write. /var/tmp is open
// to everybody: the folder may have been removed, and another user may have taken its name.
func ours(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// tempDir creates a folder that the account can reach, in the first of bases where that is
// possible.
func tempDir(ctx context.Context, a account, bases ...string) (string, error) {
	var errs []error
	for _, base := range bases {
		dir, err := os.MkdirTemp(base, "jazzhr-postgres-")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if a.cred != nil {
			err = os.Chmod(dir, 0o755)
		}
		if err == nil && a.reaches(ctx, dir) {
			return dir, nil
		}
		errs = append(errs, err, fmt.Errorf("user %s can't reach %s", a.name, base), os.Remove(dir))
	}
	return "", fmt.Errorf("local PostgreSQL: no folder for its data: %w", errors.Join(errs...))
}
