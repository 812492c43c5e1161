package main

import (
	"fmt"
	"iter"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
)

// setting is one field of Config.
type setting struct {
	name, standard, doc, show string
	value                     reflect.Value
}

// settings yields the settings in the order of the struct.
func settings(c *Config) iter.Seq[setting] {
	return func(yield func(setting) bool) {
		value := reflect.ValueOf(c).Elem()
		for field := range value.Type().Fields() {
			name, ok := field.Tag.Lookup("env")
			if ok && !yield(setting{
				name: name, standard: field.Tag.Get("envDefault"), doc: field.Tag.Get("doc"), show: field.Tag.Get("show"),
				value: value.FieldByIndex(field.Index),
			}) {
				return
			}
		}
	}
}

// settingsTable is the table of all settings for the documentation, in Markdown.
func settingsTable() string {
	var table strings.Builder
	table.WriteString("| Setting | Default | Meaning |\n|---|---|---|\n")
	for s := range settings(&Config{}) {
		standard := ""
		if s.standard != "" {
			standard = "`" + s.standard + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", s.name, standard, s.doc)
	}
	return table.String()
}

// LogValue shows the settings with secrets masked, those that are not set left out.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	for s := range settings(&c) {
		if !s.value.IsZero() {
			attrs = append(attrs, slog.String(s.name, s.shown()))
		}
	}
	return slog.GroupValue(attrs...)
}

// Format shows what LogValue does.
func (c Config) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, c.LogValue()) }

func (s setting) shown() string {
	switch {
	case s.show == "secret" && s.value.Kind() == reflect.Slice:
		return fmt.Sprintf("[%d set]", s.value.Len())
	case s.show == "secret":
		return "[set]"
	case s.show == "url":
		return shownURL(s.value.String())
	default:
		return fmt.Sprint(s.value.Interface())
	}
}

// shownURL leaves out what may be secret: password, query and fragment, or all if it is no URL.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "[set]"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if user := u.User.Username(); user != "" {
		shown.User = url.User(user)
	}
	return shown.String()
}
