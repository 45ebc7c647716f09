package export

import (
	"strings"
	"sync"
)

// class is what a word of a header says. A word may have several.
type class int

// The classes beside the fields, which are classes, too.
const (
	// a full name in some files and half of one in others
	halfWord class = iota + class(secondLast) + 1

	wholeName       // makes a whole name of it: "nom complet"
	contactWord     // a name where names stand below it, else a number or a department
	selfWord        // no more than that the column is the person's own
	linkWord        // a small word between the words of a header, or one that says nothing of its column
	mailWord        // an address, also as a part of the word
	mailKind        // where an address is read, not whose it is
	elsewhereWord   // another person
	furtherWord     // a person's further addresses
	loginWord       // what people log in with; it may look like an address and is none
	soundWord       // how a name sounds
	otherWord       // no name
	familyFirstWord // the language has the family name first
)

// secondLast is "López" of "María García López", a field that --column has not.
const secondLast = fields

// vocabulary has the words of headers, in the languages that helpdesks are used
// in; the best of several comes first. Words in between, and those of two
// classes side by side, are read by rules: see [header.meanings].
var vocabulary = map[class]string{
	class(Email): `mél | thư điện tử | דוא"ל | adresse électronique | adresse de messagerie |
		courrier électronique | correu electrònic | dirección electrónica | endereço eletrônico |
		indirizzo elettronico | e-mel | meil | surel | elektronická adresa | e-naslov | e-pasts | el. paštas |
		e-poštni naslov | e-posti aadress | e-pasta adrese | tölvupóstur | netfang |
		електронна адреса | електронен адрес | דואר אלקטרוני |
		بريد إلكتروني | メアド`,
	class(Name): `full name | display name | real name | common name | cn | Anzeigename | Name, Vorname | nom affiché |
		nom d'affichage | nombre para mostrar | nome de exibição | nome visualizzato | nominativo | weergavenaam |
		visningsnamn | visningsnavn | pełna nazwa | фио | піб | ονοματεπώνυμο | שם מלא |
		الاسم الكامل | ชื่อ-นามสกุล | 氏名 | お名前 | ご氏名 | お客様名 |
		顧客名 | ügyfél neve | 担当者名 | 会員名 | 고객명 | 담당자명 | フルネーム | 表示名 |
		姓名 | 显示名称 | 全名 | 顯示名稱 | 성명 | 성함 | Ansprechpartner`,
	class(FirstName): `first name | given name | forename | first | preferred first name | name first | Vorname | vor |
		voor | Rufname | prénom | prénoms | nombre de pila | primer nombre | nombres | primeiro nome | voornaam |
		roepnaam | förnamn | tilltalsnamn | fornavn | etunimi | imię | imiona | křestní jméno | krstné meno |
		prenume | eesnimi | kutsumanimi | vārds | vardas | keresztnév | utónév | isim | имя | ім'я |
		собствено име | όνομα | 名 | 名字 | given names | first names | tên | nama depan | ainm |
		nom de pila | שם פרטי | fname | nome próprio | pierwsze imię | křestní | prenumele | prénom usuel |
		voorletters | initialen | initials | الاسم الأول | ชื่อ | ชื่อจริง`,
	class(MiddleName): `middle name | middle names | middle initial | additional name | second name | name middle |
		middle | mi | infix | Weitere Vornamen | zweiter Vorname | deuxième prénom | autres prénoms |
		segundo nombre | secondo nome | middelste naam | ikinci ad | 중간 이름 | ミドルネーム | nome do meio |
		tussenvoegsel | tussenvoegsels | voorvoegsel | voorvoegsels | mellannamn | mellemnavn | mellomnavn |
		drugie imię | patronymic | tussenv | Namenszusatz | Namensvorsatz | Vorsatzwort | Adelsprädikat | particule |
		postnom | ikinci adı | отчество | по батькові | tên đệm | 中间名 | שם אמצעי |
		الاسم الأوسط`,
	class(LastName): `last name | surname | family name | last | name last | sn | Nachname | Familienname | Zuname |
		nom de famille | nom d'usage | nom usuel | apellidos | apellido | primer apellido | apellido paterno |
		apellido 1 | 1er apellido | sobrenome | apelido | apelidos | último nome | cognome | achternaam | familienaam |
		efternamn | efternavn | etternavn | sukunimi | nazwisko | příjmení | priezvisko | priimek | pavardė |
		perekonnanimi | perenimi | lname | uzvārds | nume de familie | vezetéknév | családnév | soyad | soyadı |
		soyisim | фамилия | прізвище | prezime | επώνυμο | επίθετο | cognoms | cognom |
		nama belakang | ainm teaghlaigh | sloinne | numele | họ và tên đệm | họ đệm | משפחה |
		الاسم الأخير | 姓 | 姓氏 | 苗字 | 성 | 성씨 | họ | שם משפחה |
		اسم العائلة | นามสกุล`,
	class(secondLast): `segundo apellido | apellido materno | apellido 2 | 2o apellido | 2do apellido |
		second last name | second surname | second family name | segundo sobrenome`,
	class(Organization): `organization | organisation | company | companies | associated company | account | employer |
		business name | Firma | Firmenname | Unternehmen | société | entreprise | organisme | raison sociale |
		empresa | compañía | organización | organização | azienda | società | organizzazione | ragione sociale |
		bedrijf | bedrijfsnaam | organisatie | företag | virksomhed | bedrift | yritys | organizacja | společnost |
		cég | şirket | компания | организация | 会社 | 会社名 | 组织 | 公司 | 单位 |
		회사 | 회사명`,
	class(ExternalID): `external id | unique external id | externe ID | external user id | user id | contact ext id |
		contact id | customer id | record id | sys id | object id | id externe | id externo | id esterno | id |
		object guid | employee id`,
	class(AccountID): `jsm_account_id | account id | atlassian account id | jira account id`,

	halfWord: `name nom nombre nome naam namn navn nimi név jméno meno nume ime ad adı име 이름 имя 名前
		名字 名称 שם الاسم اسم nama nafn`,
	wholeName: `full complete display real vollständiger voller complet completo volledige fullständigt fulde fuldt
		fullt koko celé teljes полное пълно 전체`,
	contactWord: `contact | contact person | kontakt | kontaktperson | contacto | persona de contacto | contatto |
		contato | contactpersoon | personne de contact | interlocuteur | requester | requestor | osoba kontaktowa |
		referente | контактное лицо | основной контакт | yhteyshenkilö |
		kontaktní osoba | yetkili | customer | client | person | kunde | cliente | klient | student | 联系人 |
		担当者`,
	selfWord: `customer client user users contact person people employee member student requester requestor caller
		subscriber attendee guest participant end reporter patient applicant candidate your my ваше 您的
		individual staff teacher pelanggan lead kunde kunden klient klienten kontakt mitarbeiter benutzer nutzer
		teilnehmer mitglied schüler utilisateur salarié adhérent destinataire cliente clientes usuario usuarios
		contacto empleado socio alumno utente contatto dipendente usuário utilizador contato funcionário klant
		gebruiker medewerker deelnemer lid kund användare medlem bruger bruker asiakas käyttäjä klienta użytkownik
		użytkownika pracownik zákazník zákazníka uživatel お客様 顧客 ご担当者 担当者 会員 社員
		客户 用户 员工 联系人 学生 고객 사용자 담당자 회원 직원 müşteri kullanıcı çalışan
		клиент клиента пользователь пользователя сотрудник
		сотрудника ügyfél felhasználó clientul clientului kundens asiakkaan demandeur solicitante
		aanvrager richiedente Anfragesteller contactpersoon contatto kontaktperson referente khách hàng πελάτη
		申请人 依頼者 요청자`,
	linkWord: `of the c and de del du des da do dos della di d l la le el van von der den för til i a e y et und og och
		en и в va và și in та και required optional read only requis obligatoire facultatif pflicht pflichtfeld
		erforderlich requerido obligatorio opcional obrigatório obbligatorio verplicht wymagane 必須 必填 选填
		任意 필수 선택`,
	mailWord: `mail email courriel correo correio posta postası epost epostadress epostadresse smtp sähköposti mejl
		poczta poczty почта почты пошта пошти поща имейл メール 邮箱 郵箱 电邮
		電郵 邮件 郵件 信箱 이메일 메일 전자우편 ایمیل ايميل מייל ईमेल
		ταχυδρομείο ταχυδρομείου אימייל البريد อีเมล`,
	mailKind: `e work home private business personal primary main office company corporate professional default internet
		windows address addresses addr adress id value 1 s principal principale geschäftlich privat haupt professionnel
		personnel trabajo lavoro zakelijk jobb electronic électronique electrónico electrónica eletrônico
		elettronica elektronicznej электронная электронный электронной эл
		електронна ηλεκτρονικό الإلكتروني adresse adressen adresa adresă adresi
		messagerie dirección endereço indirizzo adres adress adressa ová osoite cím địa chỉ διεύθυνση
		ηλεκτρονικού 전자 電子 电子 כתובת عنوان ที่อยู่ адрес
		адреса アドレス 地址 주소`,
	elsewhereWord: `owner manager agent assistant supervisor assignee assigned assignees creator created updated
		modified author reference referee referrer referral rep representative parent sender reply bounce forwarding
		emergency spouse by sponsor reports executive csm salesperson seller technician consultant submitter approver cc
		bcc besitzer inhaber inhaberin berater betreuerin eigentümer zuständig zuständiger bearbeiter vorgesetzter
		vorgesetzte betreuer verantwortlicher notfallkontakt propriétaire responsable gestionnaire propietario gerente
		proprietário gestor proprietario eigenaar beheerder ägare chef leidinggevende opiekun przełożony kierownik
		yönetici sorumlu менеджер менеджера руководитель ответственный
		ответственного 上司 上级 管理者 客服 销售 业务员 家长 보호자 经理 主管
		负责人 담당관 매니저`,
	furtherWord: `alternate alternative secondary additional other previous old former frühere backup recovery
		alternativ sekundär sekundäre weitere zusätzlich zusätzliche wiederherstellung secondaire secondaires
		supplémentaire supplémentaires alternatif secours autre autres récupération recuperación secundario
		secundarios adicional adicionales alternativo otro otros recuperação recupero secondario secondari aggiuntivo
		aggiuntivi aggiuntive herstel secundair secundaire extra alternatief`,
	loginWord: `user principal name | upn | username | user name | login | login name | user login | sam account name |
		user | benutzername | anmeldename | nom d'utilisateur | identifiant | nombre de usuario | usuario |
		nome de usuário | nome utente | gebruikersnaam | användarnamn | brugernavn | brukernavn | distinguished name |
		dn | sip address | proxy addresses | uid | alias | nickname | kullanıcı adı | nazwa użytkownika |
		uživatelské jméno | логин | имя пользователя | 用户名 | ユーザー名 |
		ログインid | 사용자 아이디 | 아이디 | 帳號 | 账号`,
	soundWord: `kana furigana phonetic romaji pinyin カナ かな フリガナ ふりがな よみがな ローマ字
		読み 読み仮名 読みがな 拼音 발음`,
	otherWord: `notes note details comment comments description remarks phone mobile fax telephone role roles status
		state type tags tag group groups country city town street address postcode zip region language locale lang time
		zone timezone title job position department division team location office gender sex salutation prefix suffix
		plan currency website lastcontact firstcontact lastuser firstuser lastcaller firstcaller lastperson firstperson
		lastcustomer firstcustomer lastclient firstclient url source category subject priority birthday birthdate maiden
		geburtsname date age active enabled suspended restriction password dn object class x bemerkung bemerkungen notiz
		notizen telefon mobil handy rolle ort stadt strasse straße plz land sprache anrede titel abteilung beruf
		standort gruppe geschlecht téléphone portable fonction service pays ville rue langue civilité sexe rôle
		poste teléfono móvil cargo puesto departamento país ciudad calle idioma telefone celular cidade rua ruolo
		telefono cellulare città via paese lingua telefoon plaats straat functie afdeling telefonnummer puhelin
		stanowisko dział miasto unvan departman şehir телефон город должность отдел 電話
		電話番号 部署 役職 住所 性別 电话 部门 职位 性别 地址 전화번호 부서 직급 성별
		주소`,
	familyFirstWord: `vezetéknév családnév keresztnév utónév họ`,
}

// words has the place of each word, as headers are compared, in the list of its class.
var words = sync.OnceValue(func() map[class]map[string]int {
	all := map[class]map[string]int{}
	for c, list := range vocabulary {
		all[c] = map[string]int{}
		separator := " "
		if strings.Contains(list, "|") {
			separator = "|"
		}
		for place, w := range strings.Split(strings.ReplaceAll(list, "\n", separator), separator) {
			key := squeeze(w)
			if _, ok := all[c][key]; !ok && key != "" {
				all[c][key] = place
			}
		}
	}
	return all
})

// is reports whether a word, as headers are compared, is of a class.
func is(c class, key string) bool {
	_, ok := words()[c][key]
	return ok
}

// isWord reports a word, as headers are compared, that is of any class.
func isWord(key string) bool {
	for c := range words() {
		if is(c, key) {
			return true
		}
	}
	return false
}

// isKnown reports a header that is in the lists of fields, or of what is none.
func isKnown(key string) bool {
	for f := Email; f <= secondLast; f++ {
		if is(class(f), key) {
			return true
		}
	}
	return is(otherWord, key) || is(halfWord, key) || is(contactWord, key)
}

// isSelf reports words that say no more than that something is the person's own.
func isSelf(group string) bool {
	for w := range words()[selfWord] {
		if rest, found := strings.CutPrefix(group, w); found && isSelf(rest) {
			return true
		}
	}
	return group == ""
}
