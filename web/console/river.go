package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/intrvio/jazzhr-worker/record"
)

// riverNav returns the HTML of the links from River UI back to the console. It is shown above River
// UI's page. Its script updates the link to the job that is looked at.
func riverNav(files assets) (string, error) {
	style, err := files.url("river.css")
	if err != nil {
		return "", err
	}
	script, err := files.url("river.js")
	if err != nil {
		return "", err
	}
	return `<link rel="stylesheet" href="` + style + `">` +
		`<nav class="console-back" aria-label="Console"><a href="/console/">Console</a>` +
		`<a href="/console/queue" data-job hidden>This job in the console</a></nav>` +
		`<script src="` + script + `" defer></script>`, nil
}

// serveRiver serves River UI, and adds the links to the console to its page.
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
		k.changeInRiver(c)
		return
	}
	buffered := &bufferedResponse{ResponseWriter: c.Writer}
	k.riverUI.ServeHTTP(buffered, c.Request)
	html := buffered.body.Bytes()
	if strings.HasPrefix(c.Writer.Header().Get("Content-Type"), "text/html") {
		html = bytes.Replace(html, []byte("</body>"), []byte(k.riverNav+"</body>"), 1)
		c.Header("Content-Length", strconv.Itoa(len(html)))
	}
	c.Writer.WriteHeader(buffered.status)
	_, _ = c.Writer.Write(html)
}

// maxRiverBody is the size of the largest request of River UI, in bytes: the ids of the jobs on a
// page.
const maxRiverBody = 64 << 10

// changeInRiver passes a change on to River UI, and records it.
func (k *Console) changeInRiver(c *gin.Context) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxRiverBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		k.fail(c, errLargeForRiver)
		return
	}
	if err != nil {
		k.fail(c, errNotWhole)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	k.riverUI.ServeHTTP(c.Writer, c.Request)
	action := record.Action{
		Who: who(c), What: record.RiverUsed, Target: strings.TrimPrefix(c.Request.URL.Path, riverPath+"/api/"),
		Detail: riverJobIDs(body),
	}
	if c.Writer.Status() >= http.StatusBadRequest {
		action.Result = record.Failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), sessionTimeout)
	defer cancel()
	if err := record.Add(ctx, k.config.Pool, action); err != nil {
		k.config.Logger.Error("an action in River UI is not recorded", "error", err)
	}
}

// riverJobIDs names the jobs that a request to River UI changes.
func riverJobIDs(body []byte) string {
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

// bufferedResponse keeps what is written, so that it can be changed before it is sent. A page of
// River UI has a few kilobytes.
type bufferedResponse struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements [http.ResponseWriter].
func (b *bufferedResponse) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

// Write implements [http.ResponseWriter].
func (b *bufferedResponse) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	return b.body.Write(p)
}
