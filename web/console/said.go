package console

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// saidCookie carries what an action came to over the redirect to the page that says it, once.
const saidCookie = "jazzhr_said"

// said is a sentence at the top of a page about what was just done.
type said struct {
	Text    string `json:"text"`
	Problem bool   `json:"problem"`
}

// say leaves a sentence for the next page of this browser. It is signed: only we put words into our pages.
func (k *Console) say(c *gin.Context, s said) {
	text, err := json.Marshal(s)
	if err != nil {
		return // it is a string and a bool
	}
	k.setSaid(c, base64.RawURLEncoding.EncodeToString(text)+"."+
		base64.RawURLEncoding.EncodeToString(k.sessions.hash("said:"+string(text))), 60)
}

// takeSaid returns the sentence that was left, if one was, and takes it away.
func (k *Console) takeSaid(c *gin.Context) *said {
	cookie, err := c.Request.Cookie(saidCookie)
	if err != nil { // http.ErrNoCookie
		return nil
	}
	k.setSaid(c, "", -1)
	encoded, signature, _ := strings.Cut(cookie.Value, ".")
	text, errText := base64.RawURLEncoding.DecodeString(encoded)
	mac, errMAC := base64.RawURLEncoding.DecodeString(signature)
	if errText != nil || errMAC != nil || !hmac.Equal(mac, k.sessions.hash("said:"+string(text))) {
		return nil
	}
	var s said
	if json.Unmarshal(text, &s) != nil {
		return nil
	}
	return &s
}

func (k *Console) setSaid(c *gin.Context, value string, seconds int) {
	//nolint:gosec // Secure follows the public URL: a demo on loopback has no TLS.
	http.SetCookie(c.Writer, &http.Cookie{
		Name: saidCookie, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: k.sessions.secure, SameSite: http.SameSiteStrictMode,
	})
}
