/** Words of programming languages, by how much they say. Data of `shape.ts`. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/** Words that are hardly ever in prose. */
export const codeWords: ReadonlySet<string> = new Set(
  words(`
  def elif lambda nonlocal isinstance println printf fprintf sprintf scanf puts cout cin endl std nullptr
  constexpr typedef struct enum extern inline typename sizeof malloc calloc realloc const var func fn impl usize
  isize vec async await typeof instanceof foreach elseif elsif endif endfor endwhile endforeach endfunction
  endmodule printfn strcmp strlen memcpy stdin stdout stderr argv argc args kwargs init __init__ __name__ __main__
  self cls bool int int32 int64 uint uint8 uint16 uint32 uint64 uint256 u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 str
  dict tuple nan eprintln fmt errorf goroutine chan defer iota makefile boolean varchar nvarchar bigint smallint
  datetime autoincrement auto_increment namespace synchronized defn defun defmodule defp defmacro defstruct
  defclass defvar setq setf mapcar progn cdr cadr cons foldl foldr fmap deriving newtype mapM_ putStrLn getLine
  qualified proc endproc endsub esac endcase fi xor shl shr gt lt leq geq dim byval byref writeln readln writeline
  msgbox createobject zsh cmd sudoers param foreach-object where-object select-object get-childitem write-host
  write-output subroutine endsubroutine allocatable intent inout iso_fortran_env goto gosub std_logic
  std_logic_vector downto posedge negedge always_comb always_ff vec2 vec3 vec4 mat4 sampler2d mov movl movq lea
  cmp jmp jne jge jle jnz ret retq callq inc dec nop eax ebx ecx edx rax rbx rcx rdx rsp rbp rdi rsi ldr stp ldp
  addi subi syscall asciz globl br_if working-storage endperform end-if end-perform end-evaluate end-read endloop
  endmethod endclass endform sy-subrc mysqli_query htmlspecialchars isset unset workdir entrypoint healthcheck
  proxy_pass server_name fastcgi_pass apiversion targetport runs-on px rem rgba rgb hsl href src usestate
  useeffect useref addeventlistener queryselector getelementbyid innerhtml classname onclick onchange endln numpy
  np pd plt df tf torch cv2 sys nnoremap inoremap autocmd bufwritepre tabstop shiftwidth expandtab wei calldata
  attr_accessor attr_reader attr_writer belongs_to has_many ifelse endswitch stdlib stdio iostream tostring
  parseint parsefloat charat indexof
  `),
)

/** English words that are keywords too: what is around them decides. Each is told apart. */
export const keywords: readonly string[] = words(`
  if else for while do done then end begin return break continue switch case default when match with in is not and
  or import from include require use using package module export function class interface trait object type data
  val new delete public private static final void try catch except finally raise throw throws yield pass print
  echo read write set get select insert update create drop alter table where group order by having join left into
  values limit as on let open close file string float double long short char byte array list map input output
  program procedure entity process signal port move add display perform stop call go test run start loop until
  repeat sub next each this super self null any all of to at assert union record var real integer character
  implicit unit task exit extends receive spawn after instance none true false nil decimal serial numeric
  timestamp virtual override protected abstract sealed implements identification unless undefined console metadata
  pop push initialize uniform listen car os re pic cond mod wire reg params pragma mixin json csv payable perl
  bash readonly eq neq div mut pub
`)

/** Programs that prose hardly mentions in lower case at the beginning of a line, or in the middle. */
export const commands: ReadonlySet<string> = new Set(
  words(`
  sudo apt apt-get yum dnf pacman brew snap npm npx yarn pnpm pip pip3 pipx conda cargo rustc rustup gem bundle composer
  git svn docker docker-compose podman kubectl helm terraform ansible ansible-playbook vagrant aws gcloud az gh heroku
  ls cd mv cp rm mkdir rmdir chmod chown chgrp ln pwd grep egrep fgrep zgrep rg awk gawk sed xargs tee tar gzip gunzip
  unzip zip bzip2 xz curl wget ssh scp sftp rsync ping traceroute netstat nmap ifconfig ip iptables ufw systemctl
  journalctl crontab ps kill killall pkill htop df du lsof mount umount fdisk mkfs dd uname whoami uptime
  nano vim vi emacs bash sh zsh fish ksh csh python python2 python3 node deno bun java javac gcc g++ clang cmake make
  mvn gradle gradlew ./gradlew go rustc ruby perl php lua psql mysql mysqldump sqlite3 mongosh redis-cli openssl
  ffmpeg convert jq yq tmux nohup setenv printenv md5sum sha256sum basename dirname readlink realpath rename
  chsh useradd usermod userdel groupadd passwd nslookup dig ipconfig netsh reg schtasks robocopy xcopy rmdir diskpart
  taskkill tasklist sfc dism chkdsk set-executionpolicy install-module winget choco pytest jest vitest eslint tsc
  find cat sort cut uniq wc head tail diff patch echo printf export source alias unset touch less watch history which
  env date cal sleep seq tr split paste join column file stat type test read set eval exec trap shift wait
  ollama flask uvicorn gunicorn django-admin rails artisan mix iex stack cabal opam dotnet nuget msbuild xcodebuild pod
  `),
)

/** Of the commands those that are words of English as well: only an option, a path, a variable or a pipe makes them one. */
export const plainCommands: ReadonlySet<string> = new Set(
  words(`
  find cat sort cut head tail diff patch echo export source alias touch less watch history which date cal sleep split
  paste join column file stat type test read set eval exec trap shift wait make go convert rename env less screen top
  node java ruby fish snap brew bundle composer stack mix pod ping kill mount zip reg conda cargo helm composer python
  perl php lua rails dig watch docker git bash vim emacs apt az bun ip
  `),
)

/** TeX commands of formulas: mathematics, and not code. */
export const formulaCommands: ReadonlySet<string> = new Set(
  words(`
  frac dfrac tfrac sqrt sum prod int iint oint lim sin cos tan log ln exp max min sup inf det gcd mod pmod bmod
  alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi varphi
  chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega cdot cdots ldots dots times div pm mp leq geq le ge
  neq ne approx equiv sim infty partial nabla to rightarrow Rightarrow leftarrow leftrightarrow implies iff mapsto
  in notin subset subseteq cup cap emptyset forall exists neg land lor left right big Big bigg Bigg text mathrm mathbf
  mathbb mathcal mathit operatorname hat bar vec tilde overline underline quad qquad boxed binom angle circ degree
  perp parallel triangle prime ell hbar dagger star ast mid lvert rvert langle rangle lfloor rfloor lceil rceil
  underbrace overbrace stackrel substack limits displaystyle therefore because square tag label nonumber ce pu
  `),
)

/** `\begin{…}` of formulas. */
export const formulaEnvironments: ReadonlySet<string> = new Set(
  words(
    'equation equation* align align* aligned gather gather* gathered matrix pmatrix bmatrix vmatrix cases array split',
  ),
)
