package jazzhrtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// documentPath is the start of a document's address. A JSON Web Token follows.
const documentPath = "/public/document/"

type documentClaims struct {
	Expires  int64  `json:"exp"` // seconds since 1970
	Customer string `json:"customerId"`
	Document int64  `json:"documentCandidateId"`
}

// documentToken returns a token that lets anyone who has it read one document until it expires.
func (s *Sim) documentToken(account string, number int64, expires time.Time) string {
	const header = `{"typ":"JWT","alg":"HS256"}`
	claims, err := json.Marshal(documentClaims{expires.Unix(), account, number})
	if err != nil {
		panic("jazzhrtest: " + err.Error()) // can't happen: a struct of texts and numbers
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(s.signToken(signed))
}

func (s *Sim) signToken(signed string) []byte {
	mac := hmac.New(sha256.New, s.tokenKey)
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

// readToken returns the claims of a token, if the token is valid and not expired.
func (s *Sim) readToken(token string) (documentClaims, bool) {
	var claims documentClaims
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return claims, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	if err != nil || !hmac.Equal(signature, s.signToken(token[:i])) {
		return claims, false
	}
	_, payload, _ := strings.Cut(token[:i], ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return claims, false
	}
	return claims, s.now().Unix() < claims.Expires
}

// serveDocument returns a document as JSON. It answers 403 to an expired token; what JazzHR answers
// is not known.
func (s *Sim) serveDocument(w http.ResponseWriter, r *http.Request) {
	claims, good := s.readToken(strings.TrimPrefix(r.URL.Path, documentPath))
	if !good {
		htmlReply(http.StatusForbidden).write(w)
		return
	}
	doc, found := s.document(claims)
	if !found {
		htmlReply(http.StatusNotFound).write(w)
		return
	}
	jsonReply(struct {
		Content  []byte `json:"content"` // base64
		MIMEType string `json:"mimeType"`
		FileName string `json:"fileName"`
	}{doc.Content, doc.MIMEType, doc.FileName}).write(w)
}

func (s *Sim) document(claims documentClaims) (Attachment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.id != claims.Customer || a.attachmentOf[claims.Document] == nil {
			continue
		}
		for _, doc := range a.attachmentOf[claims.Document].Attachments {
			if doc.Number == claims.Document {
				return doc, true
			}
		}
	}
	return Attachment{}, false
}
