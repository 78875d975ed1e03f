package pattern

// fullUpper gives the upper-case form of the characters whose upper case is
// more than one character, from the unconditional part of Unicode's
// SpecialCasing.txt. The unicode package has only one-to-one mappings.
// It returns "" for every other character.
func fullUpper(r rune) string {
	switch r {
	case 0x00DF:
		return "\u0053\u0053"
	case 0x0149:
		return "\u02bc\u004e"
	case 0x01F0:
		return "\u004a\u030c"
	case 0x0390, 0x1FD3:
		return "\u0399\u0308\u0301"
	case 0x03B0, 0x1FE3:
		return "\u03a5\u0308\u0301"
	case 0x0587:
		return "\u0535\u0552"
	case 0x1E96:
		return "\u0048\u0331"
	case 0x1E97:
		return "\u0054\u0308"
	case 0x1E98:
		return "\u0057\u030a"
	case 0x1E99:
		return "\u0059\u030a"
	case 0x1E9A:
		return "\u0041\u02be"
	case 0x1F50:
		return "\u03a5\u0313"
	case 0x1F52:
		return "\u03a5\u0313\u0300"
	case 0x1F54:
		return "\u03a5\u0313\u0301"
	case 0x1F56:
		return "\u03a5\u0313\u0342"
	case 0x1F80, 0x1F88:
		return "\u1f08\u0399"
	case 0x1F81, 0x1F89:
		return "\u1f09\u0399"
	case 0x1F82, 0x1F8A:
		return "\u1f0a\u0399"
	case 0x1F83, 0x1F8B:
		return "\u1f0b\u0399"
	case 0x1F84, 0x1F8C:
		return "\u1f0c\u0399"
	case 0x1F85, 0x1F8D:
		return "\u1f0d\u0399"
	case 0x1F86, 0x1F8E:
		return "\u1f0e\u0399"
	case 0x1F87, 0x1F8F:
		return "\u1f0f\u0399"
	case 0x1F90, 0x1F98:
		return "\u1f28\u0399"
	case 0x1F91, 0x1F99:
		return "\u1f29\u0399"
	case 0x1F92, 0x1F9A:
		return "\u1f2a\u0399"
	case 0x1F93, 0x1F9B:
		return "\u1f2b\u0399"
	case 0x1F94, 0x1F9C:
		return "\u1f2c\u0399"
	case 0x1F95, 0x1F9D:
		return "\u1f2d\u0399"
	case 0x1F96, 0x1F9E:
		return "\u1f2e\u0399"
	case 0x1F97, 0x1F9F:
		return "\u1f2f\u0399"
	case 0x1FA0, 0x1FA8:
		return "\u1f68\u0399"
	case 0x1FA1, 0x1FA9:
		return "\u1f69\u0399"
	case 0x1FA2, 0x1FAA:
		return "\u1f6a\u0399"
	case 0x1FA3, 0x1FAB:
		return "\u1f6b\u0399"
	case 0x1FA4, 0x1FAC:
		return "\u1f6c\u0399"
	case 0x1FA5, 0x1FAD:
		return "\u1f6d\u0399"
	case 0x1FA6, 0x1FAE:
		return "\u1f6e\u0399"
	case 0x1FA7, 0x1FAF:
		return "\u1f6f\u0399"
	case 0x1FB2:
		return "\u1fba\u0399"
	case 0x1FB3, 0x1FBC:
		return "\u0391\u0399"
	case 0x1FB4:
		return "\u0386\u0399"
	case 0x1FB6:
		return "\u0391\u0342"
	case 0x1FB7:
		return "\u0391\u0342\u0399"
	case 0x1FC2:
		return "\u1fca\u0399"
	case 0x1FC3, 0x1FCC:
		return "\u0397\u0399"
	case 0x1FC4:
		return "\u0389\u0399"
	case 0x1FC6:
		return "\u0397\u0342"
	case 0x1FC7:
		return "\u0397\u0342\u0399"
	case 0x1FD2:
		return "\u0399\u0308\u0300"
	case 0x1FD6:
		return "\u0399\u0342"
	case 0x1FD7:
		return "\u0399\u0308\u0342"
	case 0x1FE2:
		return "\u03a5\u0308\u0300"
	case 0x1FE4:
		return "\u03a1\u0313"
	case 0x1FE6:
		return "\u03a5\u0342"
	case 0x1FE7:
		return "\u03a5\u0308\u0342"
	case 0x1FF2:
		return "\u1ffa\u0399"
	case 0x1FF3, 0x1FFC:
		return "\u03a9\u0399"
	case 0x1FF4:
		return "\u038f\u0399"
	case 0x1FF6:
		return "\u03a9\u0342"
	case 0x1FF7:
		return "\u03a9\u0342\u0399"
	case 0xFB00:
		return "\u0046\u0046"
	case 0xFB01:
		return "\u0046\u0049"
	case 0xFB02:
		return "\u0046\u004c"
	case 0xFB03:
		return "\u0046\u0046\u0049"
	case 0xFB04:
		return "\u0046\u0046\u004c"
	case 0xFB05, 0xFB06:
		return "\u0053\u0054"
	case 0xFB13:
		return "\u0544\u0546"
	case 0xFB14:
		return "\u0544\u0535"
	case 0xFB15:
		return "\u0544\u053b"
	case 0xFB16:
		return "\u054e\u0546"
	case 0xFB17:
		return "\u0544\u053d"
	}
	return ""
}
