package console

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

// FuzzFinding23Event reads an event back by the HTML standard: no data begins a field of its own.
func FuzzFinding23Event(f *testing.F) {
	for _, data := range []string{"", "a", "a\nb", "a\r\nb", "a\revent: x\rdata: y", "\r", "\n", "a\n", "a\n\nb", "\r\r\n"} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data string) {
		var got []string
		lines := bufio.NewScanner(bytes.NewReader(event("part", []byte(data))))
		lines.Buffer(nil, 1<<20)
		lines.Split(splitLines)
		names := 0
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				names++
			case "data":
				got = append(got, value)
			case "":
			default:
				t.Fatalf("%q makes a field %q", data, name)
			}
		}
		want := strings.TrimSuffix(strings.ReplaceAll(strings.ReplaceAll(data, "\r\n", "\n"), "\r", "\n"), "\n")
		if names != 1 || strings.Join(got, "\n") != want {
			t.Errorf("%q is read as %q, with %d names", data, got, names)
		}
	})
}

// splitLines ends a line at CR LF, LF or CR.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0 && atEOF && len(data) > 0:
		return len(data), data, nil
	case i < 0:
		return 0, nil, nil
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2, data[:i], nil
	default:
		return i + 1, data[:i], nil
	}
}
