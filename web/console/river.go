package console

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// riverBack is the way from River UI back to the console: it stands above the page that River UI draws, and its script
// keeps the link to the job that is looked at.
func riverBack(files assets) (string, error) {
	style, err := files.url("river.css")
	if err != nil {
		return "", err
	}
	script, err := files.url("river.js")
	if err != nil {
		return "", err
	}
	return `<link rel="stylesheet" href="` + style + `"><nav class="console-back" aria-label="Console"><a href="/console/">Console</a>` +
		`<a href="/console/queue" data-job hidden>This job in the console</a></nav><script src="` + script + `" defer></script>`, nil
}

// serveRiver serves River UI, with the way back in its page.
func (k *Console) serveRiver(c *gin.Context) {
	c.Header("Content-Security-Policy", riverPolicy)
	page := c.Request.Method == http.MethodGet && !strings.HasPrefix(c.Request.URL.Path, riverPath+"/api/") &&
		!strings.HasPrefix(c.Request.URL.Path, riverPath+"/assets/")
	if !page {
		k.riverUI.ServeHTTP(c.Writer, c.Request)
		return
	}
	kept := &keptAnswer{ResponseWriter: c.Writer}
	k.riverUI.ServeHTTP(kept, c.Request)
	html := kept.body.Bytes()
	if strings.HasPrefix(c.Writer.Header().Get("Content-Type"), "text/html") {
		html = bytes.Replace(html, []byte("</body>"), []byte(k.riverBack+"</body>"), 1)
		c.Header("Content-Length", strconv.Itoa(len(html)))
	}
	c.Writer.WriteHeader(kept.status)
	_, _ = c.Writer.Write(html)
}

// keptAnswer keeps what is written, to be changed before it leaves. A page of River UI has a few kilobytes.
type keptAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader keeps the status.
func (k *keptAnswer) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

// Write keeps the body.
func (k *keptAnswer) Write(p []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(p)
}
