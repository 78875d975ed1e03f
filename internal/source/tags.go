package source

import "parry"

// tagList reads tags in the form [{key, value}], or [{name, value}] as OCSF has it.
func tagList(tags node) []parry.Tag {
	var all []parry.Tag
	for _, t := range tags.items() {
		if k := oneOf(t.get("key").text(), t.get("name").text()); k != "" {
			all = append(all, parry.Tag{Name: k, Value: t.get("value").text()})
		}
	}
	return all
}

// tagMap reads tags in the form {key: value}, in the order of their keys.
func tagMap(tags node) []parry.Tag {
	var all []parry.Tag
	for _, k := range tags.keys() {
		all = append(all, parry.Tag{Name: k, Value: tags.get(k).text()})
	}
	return all
}
