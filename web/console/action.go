package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"
)

// action handles a posted form.
type action struct {
	route string // below /console, in Gin's syntax
	// run returns the address of the page to go to, and a notice to show there. A failure of status
	// 422 is shown as a notice too; any other error is shown as a page of its own.
	run func(ctx context.Context, f form) (to, notice string, err error)
	// show takes the place of run where the answer can be shown only once, such as a new secret. It
	// returns the data of the page in file.
	show func(ctx context.Context, f form) (data any, err error)
	file string
	// timeout bounds the action; 0 stands for pageTimeout.
	timeout time.Duration
}

// form is a posted form: its address, its values and who posted it.
type form struct {
	place
	values url.Values
	who    string
}

// problemOn returns the results of an action that tells on the page to go to what is wrong with the
// form.
func problemOn(to, message string) (string, string, error) {
	return to, "", refused(http.StatusUnprocessableEntity, "", message)
}

// serveAction answers a posted form, whether htmx posted it or the browser itself.
func (k *Console) serveAction(c *gin.Context, a action) {
	if err := parseForm(c); err != nil {
		k.fail(c, err)
		return
	}
	timeout := a.timeout
	if timeout == 0 {
		timeout = pageTimeout
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
	defer cancel()
	posted := form{placeOf(c), c.Request.PostForm, who(c)}
	if a.show != nil {
		data, err := a.show(ctx, posted)
		if err != nil {
			k.fail(c, err)
			return
		}
		k.show(c, http.StatusOK, k.standalone[a.file], data)
		return
	}
	to, text, err := a.run(ctx, posted)
	f, isFailure := errors.AsType[*failure](err)
	switch {
	case isFailure && f.Status == http.StatusUnprocessableEntity && to != "":
		k.setNotice(c, notice{Text: f.Message, Problem: true})
	case err != nil:
		k.fail(c, err)
		return
	case text != "":
		k.setNotice(c, notice{Text: text})
	}
	c.Redirect(http.StatusSeeOther, to)
}
