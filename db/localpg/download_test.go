package localpg

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// none finds no PostgreSQL.
func none(context.Context, account) (binaries, error) { return binaries{}, errors.New("none") }

// TestDownload downloads from a Maven repository on loopback with the layout of Maven Central. Its
// archive is made of this machine's programs.
func TestDownload(t *testing.T) {
	t.Parallel()
	jar := archive(t)
	sum := sha256.Sum256(jar)
	var requests atomic.Int32
	repository := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		switch name := strings.TrimPrefix(r.URL.Path, "/maven2/io/zonky/test/postgres/"); {
		case !strings.HasPrefix(name, "embedded-postgres-binaries-"+runtime.GOOS+"-"):
			http.NotFound(w, r)
		case strings.HasSuffix(name, "-"+string(downloadVersion)+".jar"):
			_, _ = w.Write(jar)
		case strings.HasSuffix(name, "-"+string(downloadVersion)+".jar.sha256"):
			_, _ = w.Write([]byte(hex.EncodeToString(sum[:])))
		default:
			http.NotFound(w, r)
		}
	}))
	defer closeRepository(repository)

	progress := ""
	cfg := Config{
		RepositoryURL: repository.URL + "/maven2/",
		CacheDir:      testDir(t),
		Log:           func(line string) { progress += line },
		find:          none,
	}
	server := start(t, cfg)
	if !strings.HasPrefix(server.bin.dir, cfg.CacheDir) {
		t.Errorf("the server runs from %s", server.bin.dir)
	}
	if version := query[string](t, server.URL("postgres"), "SELECT version()"); !strings.HasPrefix(version, "PostgreSQL ") {
		t.Errorf("the server is %q", version)
	}
	if !strings.Contains(progress, "downloading") {
		t.Errorf("the progress is %q", progress)
	}

	before := requests.Load()
	if _, err := download(testContext(t), cfg, server.account); err != nil {
		t.Errorf("the second time: %v", err)
	}
	if requests.Load() != before {
		t.Error("the second start downloads again")
	}
	if left, _ := filepath.Glob(filepath.Join(cfg.CacheDir, "unpack-*")); left != nil {
		t.Errorf("left in the cache: %v", left)
	}
}

func TestNoServerToBeHad(t *testing.T) {
	t.Parallel()
	repository := httptest.NewServer(http.NotFoundHandler())
	defer closeRepository(repository)
	_, err := Start(testContext(t), Config{RepositoryURL: repository.URL, CacheDir: testDir(t), find: none})
	if !errors.Is(err, ErrNoServer) {
		t.Fatalf("the error is %v", err)
	}
	text := err.Error()
	if strings.Contains(text, "\n") {
		t.Errorf("%q is more than one line", text)
	}
	for _, part := range []string{"PostgreSQL 14 or later", "no version found matching", "apt-get install postgresql", "brew install postgresql@17", "DATABASE_URL"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

// closeRepository also closes the client's idle connections, which the module leaves open.
func closeRepository(repository *httptest.Server) {
	http.DefaultClient.CloseIdleConnections()
	repository.Close()
}

// archive returns a jar with a .txz of this machine's PostgreSQL, like zonky's
// embedded-postgres-binaries. Programs that were built for other folders, as Debian's are, still
// read share and lib from those.
func archive(t *testing.T) []byte {
	t.Helper()
	bin, err := findBinaries(testContext(t), account{})
	if err != nil {
		t.Fatal(err)
	}
	xz := exec.CommandContext(t.Context(), "xz", "-0", "-T0", "-c")
	stdin, err := xz.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var txz bytes.Buffer
	xz.Stdout = &txz
	if err := xz.Start(); err != nil {
		t.Fatal(err)
	}
	tree := tar.NewWriter(stdin)
	for name, option := range map[string]string{"bin": "--bindir", "lib": "--pkglibdir", "share": "--sharedir"} {
		out, err := exec.CommandContext(t.Context(), filepath.Join(bin.dir, "pg_config"), option).Output()
		if err != nil {
			t.Fatal(err)
		}
		if err := addTree(tree, strings.TrimSpace(string(out)), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tree.Close(), stdin.Close(), xz.Wait()); err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	writer := zip.NewWriter(&jar)
	entry, err := writer.CreateHeader(&zip.FileHeader{Name: "postgres-" + runtime.GOOS + ".txz", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(txz.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

// addTree adds the files of dir under another name. Of bin it adds only the programs that zonky's
// archives have.
func addTree(w *tar.Writer, dir, name string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "bitcode" {
			return filepath.SkipDir // it is large and only for the just-in-time compiler
		}
		info, err := os.Stat(path)
		if err != nil || info.IsDir() || name == "bin" && !slices.Contains([]string{"initdb", "pg_ctl", "postgres"}, entry.Name()) {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		header := tar.Header{Name: filepath.Join(name, relative), Mode: int64(info.Mode().Perm()), Size: int64(len(content))}
		if err := w.WriteHeader(&header); err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
}
