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

// downloadVersion is the version that is downloaded.
const downloadVersion = embeddedpostgres.V17

// obtain returns the programs found on the machine, else downloaded ones.
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

// noServerError is ErrNoServer with the download's error.
type noServerError struct{ cause error }

func (e noServerError) Error() string {
	cause := strings.Join(strings.Fields(e.cause.Error()), " ")
	return fmt.Sprintf("PostgreSQL %d or later was not found and could not be downloaded (%s): install it with "+
		"`apt-get install postgresql` or `brew install postgresql@17`, or set DATABASE_URL", MinVersion, cause)
}

func (e noServerError) Unwrap() []error { return []error{ErrNoServer, e.cause} }

// download returns the programs kept in the cache, which it fills first if need be.
func download(ctx context.Context, cfg Config, a account) (binaries, error) {
	cache, err := cacheDir(ctx, cfg, a)
	if err != nil {
		return binaries{}, err
	}
	// Several test processes may begin at once; one downloads.
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
	// Renamed only when whole: what a killed process leaves is never taken for an installation.
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
// The module has one exported way to do so: its Start, which goes on to start a server, under the current user and not
// root, with no wish of ours about data or port. So it is given a runtime folder that can't be made (below a symbolic
// link that leads nowhere), the step after unpacking, where it ends. Its error thus says nothing once the programs are
// there. It knows no context; when ctx ends first, it is left to end on its own.
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
