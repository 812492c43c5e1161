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

// assetPath is where style sheet, scripts and pictures are.
const assetPath = rootPath + "/assets/"

// assets are files by the name under which browsers ask for them. It holds a hash of the content, so that they may keep
// what they have for ever and take up another the moment there is one.
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

// url is the address of a file. One that does not exist is a mistake in a template, which the first look at it shows.
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
		c.String(404, "no such file") // of a release before or after this one
		return
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Data(200, file.kind, file.body)
}
