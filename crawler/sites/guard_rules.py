"""What the side-effect guard knows, as data: words, in lower case, and where they stand for an act.

English, Dutch and German words, and what forum, board, gallery and shop software calls its acts. A word here costs
at most a page, which is listed with the rule that refused it; a word missing here may delete something.
"""

import re
from collections.abc import Iterable


def _words(text: str) -> frozenset[str]:
    """Words; of one with a hyphen also the spelling with an underscore."""
    return frozenset(text.split()) | frozenset(text.replace("-", "_").split())


DESTRUCTIVE = _words(
    """
    logout logoff signout signoff uitloggen abmelden ausloggen wp-logout
    delete remove destroy purge erase trash discard wipe verwijder verwijderen wissen loeschen entfernen
    undelete softdelete harddelete deletepost removepost dodelete
    upvote downvote vote unlike dislike unfavorite unfavourite
    unsubscribe unfollow unwatch unignore unfriend unblock ban unban markread mark-read markasread
    add-to-cart addtocart checkout purchase donate betalen bestellen afrekenen
    """
)
"""Acts wherever they stand as a whole segment of the path."""

ACTS = DESTRUCTIVE | _words(
    """
    login signin signon logon inloggen aanmelden anmelden einloggen wp-login
    register signup unregister registreren registrieren wp-signup activate deactivate
    lostpassword lost-password forgotpassword forgot-password resetpassword reset-password password-reset
    abuse dmca takedown complaint complain melden rapporteer rapporteren meldung
    submit submission posting post-reply postreply newreply new-reply newthread new-thread newtopic new-topic
    post-new-topic addreply add-reply addcomment add-comment compose composer replytocom wp-comments-post xmlrpc
    wp-admin stemmen abstimmen reageren antworten bewerken bearbeiten citeren zitieren
    rate rerate favourite favorite tweet email-friend emailfriend sendtofriend send-to-friend tell-a-friend recommend
    sendtopic sendpm sendmessage send-message sendemail emailuser mailuser
    subscribe follow ignore bookmark addfriend befriend poke
    buy cart basket pay payment winkelwagen warenkorb kopen
    dismiss moderate mcp modcp merge split sticky unsticky pin unpin lock unlock close-topic reopen
    reverse-image reverseimage searchbyimage search-by-image imagesearch image-search tineye reverse-search
    reversesearch reverse-image-search visual-search
    """
)
"""Acts as a whole segment of the path, unless it is the folder of a picture file."""

TO_LOG_IN = _words("login signin logon signon inloggen aanmelden anmelden einloggen wp-login")
"""Of these the ones that ask who one is: a page that redirects to one is for members."""

PLACES_TOO = _words(
    """
    upload uploader hochladen uploaden share teilen delen like react reply quote edit watch report flag rating
    lock merge split pin bookmark follow rate submit close register cart
    """
)
"""Acts at the end of a path, or with what follows making one of it (`/report/55`, `/share/facebook`); else places:
`/upload/` is a folder, `/watch/kittens` a page."""

NUMBERED = PLACES_TOO - _words("share watch upload uploader hochladen uploaden rating teilen delen")
"""Of these the ones that act upon what is named next, an object or a number; the others show it."""

WITH_A_THING = _words("watch")
"""Acts upon what stands before them; alone they show (`/watch?v=…`)."""

FOLDERS = _words("upload uploader share")
"""Where things live when an index is named in them (`/upload/index.php?topic=3`)."""

UPLOADED = _words("image picture photo pic file video avatar attachment")
"""What comes last after `upload` when it is no folder."""

FOLLOW_UPS = _words("add confirm submit create do send")
"""What else makes an act of the word before it."""

VIEWING = _words("view show list get display last first latest newest top all print read see browse new search by my")
"""First words of a value that shows something, whatever it shows: `action=show_post`."""

NETWORKS = _words(
    """
    facebook fb twitter x tweet pinterest reddit tumblr telegram whatsapp linkedin vk vkontakte ok odnoklassniki email
    mail mailto digg delicious stumbleupon buffer pocket instapaper evernote skype viber line weibo xing blogger
    livejournal mastodon bluesky threads messenger google googleplus
    """
)
"""Where one shares to."""

OBJECTS = _words(
    """
    post posts topic topics thread threads comment comments reply message user member profile account
    image images picture pictures photo photos pic file files video album gallery attachment avatar
    item content link poll friend list favorites favourites cart basket board forum subscription report abuse
    bericht berichten reactie afbeelding foto bestand account winkelwagen onderwerp
    """
)
"""What an act may be done to."""

_VERBS = _words(
    """
    delete remove destroy erase purge trash report flag upload submit edit reply quote vote upvote downvote rate like
    unlike dislike react share follow unfollow subscribe unsubscribe ban unban lock unlock move merge split buy
    add create send ignore unignore block mark recommend favorite favourite bookmark unfavorite approve unapprove
    moderate restore undelete hide insert update save purchase
    """
)
"""Verbs that make an act together with an object: `delete-post`, `post_delete`, `reportImage`."""

_EITHER_WAY = _VERBS - _words("add create send hide move mark insert update save restore share like follow rate report")
"""Verbs that also do after their object; `photo-share` is as likely the name of a site."""


def _either(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


COMPOUND = re.compile(
    rf"(?:do|ajax|wp|go)?[-_. ]?(?:(?:{_either(_VERBS)})[-_. ]?(?:to[-_. ]?|as[-_. ]?|this[-_. ]?|an?[-_. ]|the[-_. ])?"
    rf"(?:{_either(OBJECTS | {'read', 'spam'})})|(?:{_either(OBJECTS)})[-_. ]?(?:{_either(_EITHER_WAY)}))\d*"
)
"""A verb and what it is done to, in one word or several."""

VERB_KEYS = _words(
    """
    action act do mode op cmd task func function method mod ac sa event command what todo operation submit code veaction
    """
)
"""Query parameters whose value is a verb."""

ROUTE_KEYS = _words("q r route page view p path url_path section tab c a m pg go option controller")
"""Query parameters whose value may be a place, in which acts are looked for as in a path."""

VERB_VALUES = (
    ACTS
    | PLACES_TOO
    | _words(
        """
    reporttm notify notifyboard quickmod quickmod2 pm post post2 lock2 movetopic removetopic splittopics mergetopics
    reminder jsmodify deletemsg removemsg removepoll lockvoting editpoll addpoll quotefast announce rep reputation
    whois sendpassword resend_act resend_pass smapi ucp usercp logging spacecp favorite misc_delete insert update save
    create add revert rollback undo protect unprotect markpatrolled clearhasmsg setnotificationtimestamp
    """
    )
)
"""Acts as the value of such a parameter, whole or as its first or last word."""

SPECIAL_PAGE = re.compile(
    r"(?:special|speciaal|spezial):"
    r"((?:user)?log(?:in|out)|createaccount|upload(?:stash)?|(?:move|delete|protect|edit)page|purge|undelete|edittags"
    r"|newsection|revisiondelete|mergehistory|changecontentmodel|pagelanguage|import|emailuser|contact|thanks|mute"
    r"|preferences|reset(?:tokens|preferences)|change(?:email|password|credentials)|removecredentials|passwordreset"
    r"|(?:un)?linkaccounts|botpasswords|(?:confirm|invalidate)email|editwatchlist|notifications\w*"
    r"|(?:un)?block(?:user)?|(?:un)?lockdb|userrights|renameuser|nuke|replacetext"
    r"|aanmelden|afmelden|gebruikerregistreren|gebruikeraanmaken|uploaden|paginahernoemen|voorkeuren|wachtwoord\w*"
    r"|anmelden|abmelden|benutzerkontoanlegen|hochladen|verschieben|einstellungen|passwort\w*)(?:/.*)?"
)
"""MediaWiki's pages that act, or show the form with which to act: in the path, or as a `title`; `_` left out."""

ACTING_KEYS = _words(
    """
    delete remove destroy del logout logoff signout vote upvote downvote unvote unsubscribe subscribe unfollow unlike
    dislike ban unban replytocom add-to-cart addtocart add_to_cart remove_item remove_from_cart undo_item empty-cart
    delete_id remove_id deleteid delete_post delete_comment markread mark_read markasread
    """
)
"""Query parameters that act by their presence, whatever their value."""

FLAG_KEYS = (ACTS | PLACES_TOO) - {"rating"}
"""Query parameters that act with a yes: `?subscribe=1`."""

NUMBER_KEYS = FLAG_KEYS - _words("watch upload uploader share lock close merge split pin rate")
"""Of these the ones that act with any number: `?report=55`."""

FLAGS = _words("1 true yes on up down ja y ok")

TOKEN_KEYS = re.compile(
    r".*(?:csrf|xsrf|nonce|securitytoken|security_token|authenticity_token|xftoken|form_?key|sesskey|formhash).*"
)
"""Parameters that software adds to what acts, so that nobody else's page can do it."""

STRICT_TOKEN_KEYS = re.compile(r"(?:.*[-_.])?(?:\w*token|\w*hash|auth_?key|crumb|sesc|ticket|signature)")
STRICT_TOKEN_VALUES = re.compile(r"(?=.*[0-9])(?=.*[a-f])(?:[0-9]+,)?[0-9a-f]{16,}")
"""The same for those who are logged in, where one is rather too careful: by name, or by looks."""

STRICT_WORDS = (
    ACTS
    | PLACES_TOO
    | _words(
        """
    message messages pm pms pmbox inbox outbox conversation conversations compose settings options preferences
    account usercp ucp controlpanel cpanel admin administrator moderator modcp mark unread markall
    subscription subscriptions notification notifications alerts invite invites poke friendrequest addfriend
    membership upgrade premium billing password email-change avatar signature editprofile profile-edit
    block ignorelist blocklist approve unapprove restore draft drafts save create add send update confirm
    instellingen berichten wachtwoord voorkeuren
    """
    )
) - _words("rating watch favorite favourite bookmark close split pin code merge cart register posting")
"""Words that act, or lead to where one acts, anywhere in an address when logged in."""

LONGEST_NAME = 2
"""Words of a path segment in which one of them counts; what has more is a title (`how-to-delete-a-virus`)."""

MARK_READ = re.compile(r"mark\b.*\bread")
"""Of any length: `mark-all-forums-read`."""

HINT_VERBS = (
    _VERBS - _words("add create hide insert save update move mark restore bookmark lock send block")
) | _words(
    """
    login logout logoff signin signup signout register join log sign donate checkout
    verwijderen verwijder melden rapporteren rapporteer uitloggen afmelden inloggen aanmelden registreren bewerken
    reageren reageer citeren citeer stemmen stem delen volgen kopen bestellen doneren uploaden
    loeschen löschen abmelden anmelden melden bearbeiten antworten zitieren teilen hochladen
    """
)
"""Verbs that, when a link says nothing else, tell what it does."""

HINT_FILLERS = OBJECTS | _words(
    """
    in out off on up to a an the this these your my now here it as with by via and or de het dit deze een je
    cart spam please icon icons fa fas far fab glyphicon btn button post link nofollow noopener noreferrer ugc external
    sponsored get ajax method data pull right left small
    """
)
"""Words that do not change that."""

SURE = re.compile(r"\bare you sure\b|\bweet (?:je|u) (?:het )?zeker\b|\bsind sie sicher\b|\bbist du sicher\b")
"""What one is asked before something is done that cannot be undone."""

FILE_ENDING = re.compile(r".\.(?:jpe?g|jpe|jfif|png|apng|gif|webp|avif|bmp|svg|ico|mp4|webm|css|woff2?|ttf)")
"""A file's name whose folders are places."""

SCRIPT_ENDING = re.compile(r"\.(?:php\d?|phtml|x?html?|aspx?|ashx|cgi|jspx?|do|action|pl|py|rb|cfm|json|xml|exe|dll)$")
"""What comes after a script's name."""
