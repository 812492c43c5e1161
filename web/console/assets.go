package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

//go:embed assets/*.css assets/*.js assets/*.svg
var assetFiles embed.FS

// assetPath is the address of style sheets, scripts and pictures.
const assetPath = AssetsPath

// assets are files by the name under which browsers ask for them. The name holds a hash of the
// content, so browsers may cache a file for ever, and load a new one at once.
type assets struct {
	files map[string]asset
	names map[string]string // by the file's own name
}

type asset struct {
	kind string
	body []byte
}

func loadAssets() (assets, error) {
	a := assets{map[string]asset{}, map[string]string{}}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return a, fmt.Errorf("assets: %w", err)
	}
	for _, entry := range entries {
		body, err := fs.ReadFile(assetFiles, "assets/"+entry.Name())
		if err != nil {
			return a, fmt.Errorf("assets: %w", err)
		}
		sum := sha256.Sum256(body)
		extension := path.Ext(entry.Name())
		name := strings.TrimSuffix(entry.Name(), extension) + "." + hex.EncodeToString(sum[:6]) + extension
		a.names[entry.Name()] = name
		a.files[name] = asset{mime.TypeByExtension(extension), body}
	}
	return a, nil
}

// url returns the address of a file. A file that does not exist is a mistake in a template.
func (a assets) url(file string) (string, error) {
	name, ok := a.names[file]
	if !ok {
		return "", fmt.Errorf("no asset %s", file)
	}
	return assetPath + name, nil
}

func (a assets) serve(c *gin.Context) {
	file, ok := a.files[c.Param("file")]
	if !ok {
		c.String(404, "no such file") // it is of another release
		return
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Data(200, file.kind, file.body)
}
