package localpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// ErrNoServer is returned by [Start] when PostgreSQL can neither be found nor downloaded.
var ErrNoServer = errors.New("no PostgreSQL")

// downloadVersion is downloaded if the machine has no PostgreSQL.
const downloadVersion = embeddedpostgres.V17

// obtain returns the programs that the machine has, else downloads them.
func obtain(ctx context.Context, cfg Config, a account) (binaries, error) {
	find := cfg.find
	if find == nil {
		find = findBinaries
	}
	bin, err := find(ctx, a)
	if err == nil {
		return bin, nil
	}
	if ctx.Err() != nil {
		return binaries{}, fmt.Errorf("look for PostgreSQL: %w", ctx.Err())
	}
	bin, err = download(ctx, cfg, a)
	if err != nil {
		return binaries{}, noServerError{err}
	}
	return bin, nil
}

// noServerError is ErrNoServer with the error of the download.
type noServerError struct{ cause error }

func (e noServerError) Error() string {
	cause := strings.Join(strings.Fields(e.cause.Error()), " ")
	return fmt.Sprintf("PostgreSQL %d or later was not found and could not be downloaded (%s): install it with "+
		"`apt-get install postgresql` or `brew install postgresql@17`, or set DATABASE_URL", MinVersion, cause)
}

func (e noServerError) Unwrap() []error { return []error{ErrNoServer, e.cause} }

// download returns the programs in the cache, after downloading them if they are not there.
func download(ctx context.Context, cfg Config, a account) (binaries, error) {
	cache, err := cacheDir(ctx, cfg, a)
	if err != nil {
		return binaries{}, err
	}
	// Several test processes may start at once; one of them downloads.
	lock, err := lockFile(ctx, filepath.Join(cache, "lock"), func(*os.File) bool { return true })
	if err != nil {
		return binaries{}, err
	}
	defer lock.Close()

	dir := filepath.Join(cache, "postgresql-"+string(downloadVersion))
	if bin, err := inspect(ctx, a, filepath.Join(dir, "bin")); err == nil {
		return bin, nil
	}
	cfg.log("PostgreSQL was not found on this machine: downloading %s (once, into %s)", downloadVersion, cache)
	unpacked, err := os.MkdirTemp(cache, "unpack-")
	if err != nil {
		return binaries{}, err
	}
	defer os.RemoveAll(unpacked)
	if err := fetch(ctx, cfg.RepositoryURL, cache, unpacked); err != nil {
		return binaries{}, err
	}
	// The folder is renamed when complete, so that what a killed process leaves is never taken for
	// an installation.
	if err := errors.Join(os.RemoveAll(dir), os.Chmod(unpacked, 0o755), os.Rename(unpacked, dir)); err != nil {
		return binaries{}, err
	}
	return inspect(ctx, a, filepath.Join(dir, "bin"))
}

func cacheDir(ctx context.Context, cfg Config, a account) (string, error) {
	dir := cfg.CacheDir
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(user, "jazzhr-worker", "postgres")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return reachable(ctx, a, dir)
}

// fetch downloads PostgreSQL's archive into cache and unpacks it into dir.
//
// The only exported function of embedded-postgres that downloads is Start. After unpacking it would
// also start a server, which it can't do as root, with data and a port of its own choice. So fetch
// gives it a runtime folder that can't be created, below a symbolic link that leads nowhere: Start
// fails there, right after unpacking. Its error is ignored if the programs are there. Start takes
// no context; if ctx ends first, it goes on by itself until it fails.
func fetch(ctx context.Context, repository, cache, dir string) error {
	nowhere := filepath.Join(dir, "nowhere")
	if err := os.Symlink(filepath.Join(dir, "missing"), nowhere); err != nil {
		return err
	}
	cfg := embeddedpostgres.DefaultConfig().
		Version(downloadVersion).
		Port(0).
		CachePath(cache).
		BinariesPath(dir).
		RuntimePath(filepath.Join(nowhere, "runtime")).
		Logger(io.Discard)
	if repository != "" {
		cfg = cfg.BinaryRepositoryURL(strings.TrimSuffix(repository, "/"))
	}
	ended := make(chan error, 1)
	go func() { ended <- embeddedpostgres.NewDatabase(cfg).Start() }()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-ended:
		if _, missing := os.Stat(filepath.Join(dir, "bin", "postgres")); missing != nil {
			return cmp.Or(err, missing)
		}
		return os.Remove(nowhere)
	}
}
