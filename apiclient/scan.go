package apiclient

import "bytes"

// scanAccountID finds the text accountId in a JSON object, without the cost of decoding the rest, which is most of
// what a client spends on an answer. It wants strings and brackets to be closed up to the end, and an id without
// escapes; otherwise it returns "".
func scanAccountID(body []byte) string {
	var key, id []byte
	var before byte // the last of { , : at the object's own level
	depth := 0
	for i := 0; i < len(body); i++ {
		switch b := body[i]; b {
		case '"':
			end := stringEnd(body, i+1)
			if end < 0 {
				return ""
			}
			switch s := body[i+1 : end]; {
			case depth != 1:
			case before != ':':
				key = s
			case string(key) == "accountId":
				id = s
			}
			i = end
		case '{', '[':
			depth++
			if depth == 1 {
				before = b
			}
		case '}', ']':
			depth--
		case ',', ':':
			if depth == 1 {
				before = b
			}
		}
	}
	if depth != 0 || bytes.IndexByte(id, '\\') >= 0 {
		return ""
	}
	return string(id)
}

// stringEnd is where the string that begins at i is closed; -1: nowhere.
func stringEnd(body []byte, i int) int {
	for {
		n := bytes.IndexByte(body[i:], '"')
		if n < 0 {
			return -1
		}
		end := i + n
		escapes := 0
		for end-escapes > i && body[end-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return end
		}
		i = end + 1
	}
}
