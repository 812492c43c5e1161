package console

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// noticeCookie carries a notice over the redirect to the page that shows it, once.
const noticeCookie = "jazzhr_notice"

// notice is a sentence at the top of a page about what was just done.
type notice struct {
	Text    string `json:"text"`
	Problem bool   `json:"problem"`
}

// setNotice leaves a notice for the next page of this browser. The notice is signed, so that nobody
// else can put text into our pages.
func (k *Console) setNotice(c *gin.Context, n notice) {
	text, err := json.Marshal(n)
	if err != nil {
		return // it is a string and a bool
	}
	k.setNoticeCookie(c, base64.RawURLEncoding.EncodeToString(text)+"."+
		base64.RawURLEncoding.EncodeToString(k.sessions.sign("notice:"+string(text))), 60)
}

// takeNotice returns the notice that was left, if there is one, and removes it.
func (k *Console) takeNotice(c *gin.Context) *notice {
	cookie, err := c.Request.Cookie(noticeCookie)
	if err != nil { // http.ErrNoCookie
		return nil
	}
	k.setNoticeCookie(c, "", -1)
	encoded, signature, _ := strings.Cut(cookie.Value, ".")
	text, errText := base64.RawURLEncoding.DecodeString(encoded)
	mac, errMAC := base64.RawURLEncoding.DecodeString(signature)
	if errText != nil || errMAC != nil || !hmac.Equal(mac, k.sessions.sign("notice:"+string(text))) {
		return nil
	}
	var n notice
	if json.Unmarshal(text, &n) != nil {
		return nil
	}
	return &n
}

func (k *Console) setNoticeCookie(c *gin.Context, value string, seconds int) {
	//nolint:gosec // Secure follows the public URL: a demo on loopback has no TLS.
	http.SetCookie(c.Writer, &http.Cookie{
		Name: noticeCookie, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: k.sessions.secure, SameSite: http.SameSiteStrictMode,
	})
}
