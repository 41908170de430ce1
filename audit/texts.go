package audit

// Texts are words of a vocabulary as plain texts.
func Texts[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = string(v)
	}
	return texts
}
