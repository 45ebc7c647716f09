package export

import (
	"strings"
	"sync"
	"unicode"
)

// aliasTable has the headers that mean a field, in the languages that
// helpdesks are used in; the best of several comes first.
var aliasTable = map[Field]string{
	Email: `email | email address | e-mail | e-mail address | mail | mail address | email id | primary email | primary email address |
		user email | contact email | customer email | requester email | end user email | work email | work email address | email 1 | email address 1 |
		e-mail 1 value | email work | primary smtp address | smtp address | internet email | electronic mail | email addresses | emails | email addr | mail 1 | mail id | your email | customer email address | contact email address | requester email address | email adress | e-mail adress |
		E-Mail-Adresse | E-Mail Adresse | Mailadresse | Mail-Adresse | Emailadresse | E-Post | E-Postadresse | E-Mail (geschäftlich) | Kontakt E-Mail |
		adresse e-mail | adresse mail | adresse email | courriel | adresse courriel | adresse électronique | adresse de messagerie | adresse de courriel | adresse e-mail principale | mél |
		correo | correo electrónico | dirección de correo | dirección de correo electrónico | email de contacto | correo-e | dirección de email |
		endereço de e-mail | endereço de email | endereço eletrônico | correio eletrônico | correio electrónico | e-mail do contato | email do contato | endereço de correio eletrónico |
		indirizzo e-mail | indirizzo email | posta elettronica | indirizzo di posta elettronica | indirizzo mail |
		e-mailadres | emailadres | e-mail adres | mailadres |
		e-post | e-postadress | epost | epostadress | mejl | mejladress | mailadresse | e-mailadresse | epostadresse |
		sähköposti | sähköpostiosoite | adres e-mail | adres email | adres poczty elektronicznej | e-mailová adresa | emailová adresa | e-mail cím | email cím | adresă de e-mail | adresa de email |
		e-posta | eposta | e-posta adresi | eposta adresi | электронная почта | адрес электронной почты | почта | эл. почта | електронна пошта | ηλεκτρονικό ταχυδρομείο |
		メールアドレス | メール | eメール | eメールアドレス | 電子メール | 邮箱 | 电子邮箱 | 电子邮件 | 邮箱地址 | 电子邮件地址 | 電子郵件 | 電子信箱 | 이메일 | 이메일 주소 | 메일`,
	Name: `full name | fullname | display name | contact name | name | contact full name | customer name | requester name | person name | full name of contact | user full name | last name, first name | last, first | surname, first name |
		vollständiger Name | voller Name | Anzeigename | Kontaktname | Vor- und Nachname | Vorname Nachname | Vorname und Nachname | Name, Vorname | Nachname, Vorname | Nachname Vorname | Ansprechpartner |
		nom complet | nom et prénom | prénom et nom | nom prénom | prénom nom | nom, prénom | nom affiché | nom d'affichage | nom du contact | nom |
		nombre completo | nombre y apellidos | nombre y apellido | nombre para mostrar | nombre del contacto | nombre de contacto | nombre |
		nome completo | nome e sobrenome | nome e apelido | nome de exibição | nome do contato | nome do contacto | nome e cognome | nome visualizzato | nome contatto | nome |
		volledige naam | weergavenaam | contactnaam | naam | fullständigt namn | visningsnamn | namn | fulde navn | fuldt navn | fullt navn | visningsnavn | navn | koko nimi | nimi |
		imię i nazwisko | pełna nazwa | celé jméno | jméno a příjmení | priezvisko | priimek | prezime | pavardė | perekonnanimi | uzvārds | nume de familie | teljes név | név | ad soyad | adı soyadı | adsoyad | полное имя | фио | имя и фамилия | ονοματεπώνυμο |
		jméno | meno | nume | nume complet | nume și prenume | ime | ime i prezime | ime in priimek | adı | име |
		氏名 | 名前 | お名前 | フルネーム | 表示名 | 姓名 | 显示名称 | 全名 | 名称 | 이름 | 성명 | ` + personTable,
	FirstName: `first name | firstname | given name | givenname | forename | first | contact first name | Vorname | prénom | prénoms | nombre de pila | primer nombre | nombres | primeiro nome |
		voornaam | förnamn | fornavn | etunimi | imię | křestní jméno | krstné meno | prenume | eesnimi | vārds | vardas | keresztnév | utónév | isim | имя | ім'я | όνομα | 名`,
	LastName: `last name | lastname | surname | family name | last | contact last name | sur name | Nachname | Familienname | Zuname | nom de famille | apellidos | apellido | primer apellido | apellido paterno |
		sobrenome | apelido | último nome | cognome | achternaam | efternamn | efternavn | etternavn | sukunimi | nazwisko | příjmení | priezvisko | priimek | prezime | pavardė | perekonnanimi | uzvārds | nume de familie | vezetéknév | családnév | soyad | soyadı | soyisim | фамилия | прізвище | επώνυμο | 姓 | 苗字`,
	secondLast: `segundo apellido | apellido materno | second last name | second surname | second family name`,
	infix:      `tussenvoegsel | tussenvoegsels | voorvoegsel | voorvoegsels`,
	Organization: `organization | organisation | organization name | organisation name | company | company name | account name | companies | associated company | organization 1 name |
		Firma | Firmenname | Unternehmen | Organisation | société | entreprise | organisme | nom de l'entreprise | nom de la société | empresa | compañía | organización | nombre de la empresa |
		organização | nome da empresa | azienda | società | organizzazione | nome azienda | bedrijf | bedrijfsnaam | organisatie | företag | virksomhed | firma | bedrift | yritys | organizacja | společnost | cég | şirket | компания | организация | 会社 | 会社名 | 组织 | 公司 | 회사`,
	ExternalID: `external id | unique external id | externe ID | external user id | user id | userid | contact ext id | contact id | customer id | record id | sys id | object id | external_id | id externe | id externo | id esterno | id`,
	AccountID:  `jsm_account_id | account id | accountid | atlassian account id | jira account id`,
}

// personTable has headers that mean a name where names stand below them, and
// a telephone number or a department elsewhere.
const personTable = `contact | contact person | kontakt | kontaktperson | contacto | persona de contacto | contatto | contato | contactpersoon | personne de contact | interlocuteur |
	requester | requestor | osoba kontaktowa | ad`

// never has words of headers whose addresses are never taken by themselves:
// they belong to somebody else, or are not the person's first one.
const neverTable = `owner manager agent recovery alternate alternative secondary additional other assistant supervisor assignee assigned assignees
	creator created updated modified author previous old former backup cc bcc referrer referral rep representative parent sender reply bounce forwarding emergency spouse
	by executive csm salesperson seller technician consultant submitter approver
	besitzer inhaber eigentümer zuständig zuständiger bearbeiter vorgesetzter vorgesetzte manager wiederherstellung alternativ alternative sekundär sekundäre weitere zusätzlich zusätzliche
	propriétaire responsable gestionnaire récupération secondaire secondaires supplémentaire supplémentaires alternatif secours autre autres
	propietario gerente recuperación secundario secundarios adicional adicionales alternativo otro otros
	proprietário gestor recuperação recupero proprietario secondario secondari aggiuntivo aggiuntivi aggiuntive
	eigenaar beheerder herstel secundair secundaire extra alternatief ägare chef`

// neverEndings end such words in languages that write them as one: Kontaktinhaber.
var neverEndings = []string{"inhaber", "inhaberin", "besitzer", "bearbeiter", "betreuer", "betreuerin", "berater", "eigenaar", "beheerder", "ägare"}

// logins are headers of names that people log in with. They may look like
// addresses and are none.
const loginTable = `user principal name | userprincipalname | upn | username | user name | login | login name | user login | sam account name | samaccountname | user | benutzername | anmeldename |
	nom d'utilisateur | identifiant | nombre de usuario | usuario | nome de usuário | nome utente | gebruikersnaam | användarnamn | brugernavn | brukernavn | distinguished name | sip address | proxy addresses`

type words struct {
	rank   map[string]map[Field]int // squeezed alias → field → place in the table, from 0
	never  map[string]bool          // normalised words
	login  map[string]bool          // squeezed
	person map[string]bool          // squeezed
}

var dictionary = sync.OnceValue(func() words {
	w := words{rank: map[string]map[Field]int{}, never: map[string]bool{}, login: map[string]bool{}, person: map[string]bool{}}
	for field, list := range aliasTable {
		for i, alias := range strings.Split(list, "|") {
			key := squeeze(alias)
			if w.rank[key] == nil {
				w.rank[key] = map[Field]int{}
			}
			if _, ok := w.rank[key][field]; !ok {
				w.rank[key][field] = i
			}
		}
	}
	for _, word := range strings.Fields(neverTable) {
		w.never[normalise(word)] = true
	}
	for person := range strings.SplitSeq(personTable, "|") {
		w.person[squeeze(person)] = true
	}
	for login := range strings.SplitSeq(loginTable, "|") {
		w.login[squeeze(login)] = true
	}
	return w
})

// means gives the place of a squeezed header among the aliases of a field.
func means(key string, f Field) (rank int, ok bool) {
	rank, ok = dictionary().rank[key][f]
	return rank, ok
}

// belongsElsewhere tells headers whose addresses are somebody else's, or not the first.
func belongsElsewhere(header string) bool {
	d := dictionary()
	for word := range strings.FieldsSeq(normalise(header)) {
		if d.never[word] || len(word) == 1 && word >= "2" && word <= "9" {
			return true
		}
		for _, end := range neverEndings {
			if strings.HasSuffix(word, end) {
				return true
			}
		}
		if n := strings.TrimRightFunc(word, unicode.IsDigit); n != word && word[len(n):] > "1" && (n == "email" || n == "mail") {
			return true
		}
	}
	return false
}

// isPersonWord tells headers that may as well stand over telephone numbers.
func isPersonWord(key string) bool { return dictionary().person[key] }

func isLogin(key string) bool { return dictionary().login[key] }
