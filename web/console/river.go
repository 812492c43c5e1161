package console

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
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
	switch {
	case page:
	case c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead:
		k.riverUI.ServeHTTP(c.Writer, c.Request)
		return
	default:
		k.useRiver(c)
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

// maxRiverBody bounds what River UI sends: the ids of the jobs on a page.
const maxRiverBody = 64 << 10

// useRiver has River UI change something, and records it.
func (k *Console) useRiver(c *gin.Context) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxRiverBody))
	if err != nil {
		k.fail(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	k.riverUI.ServeHTTP(c.Writer, c.Request)
	action := Action{
		Who: who(c), What: RiverUsed, Target: strings.TrimPrefix(c.Request.URL.Path, riverPath+"/api/"),
		Detail: riverJobs(body),
	}
	if c.Writer.Status() >= http.StatusBadRequest {
		action.Result = Failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), sessionTimeout)
	defer cancel()
	if err := Record(ctx, k.config.Pool, action); err != nil {
		k.config.Logger.Error("what was done in River UI is not recorded", "error", err)
	}
}

// riverJobs names the jobs that River UI was told to change.
func riverJobs(body []byte) string {
	var sent struct {
		IDs []json.Number `json:"ids"`
	}
	if json.Unmarshal(body, &sent) != nil || len(sent.IDs) == 0 {
		return ""
	}
	names := make([]string, min(len(sent.IDs), 50))
	for i := range names {
		names[i] = sent.IDs[i].String()
	}
	return "jobs " + strings.Join(names, ", ")
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
