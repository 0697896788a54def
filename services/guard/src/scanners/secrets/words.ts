/** What credentials are called, in lower case. */

const list = (...lines: readonly string[]): readonly string[] => lines.flatMap(line => line.split(', '))

/** Of what machines make up. */
export const keyWords = list(
  'key, token, secret, credential, creds, private, access, auth, bearer, tkn',
  'apikey, authkey, accesskey, secretkey, privatekey, authtoken, apitoken, api, pat, unseal, crumb, webhook',
  'signature, license, 密钥, 密鑰, 秘钥, 金鑰, 令牌, 凭证, キー, トークン, 秘密鍵, 키, 토큰, ключ, токен, секрет, مفتاح, رمز',
  'khóa, clave, clé, schlüssel, chave',
)

/** Of what people make up. */
export const passwordWords = list(
  'password, passwd, passwort, passphrase, passcode, pass, pwd, passw, pw, 密码, 密碼, 口令, パスワード, 暗証番号',
  '비밀번호, 암호, 패스워드, пароль, كلمة المرور, كلمة السر, mật khẩu, contraseña, senha, mot de passe, kennwort',
  'parola, şifre, kata sandi, hasło',
)
