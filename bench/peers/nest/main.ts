/*
 * NestJS on Express + passport-jwt + TypeORM on better-sqlite3, as their documentation shows them: a guard, a strategy,
 * repositories, a validation pipe. Tuned: WAL, integer keys, no logger, no ETag.
 */
import 'reflect-metadata'
import { createHash, randomBytes } from 'node:crypto'
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Req,
  UnauthorizedException,
  UseGuards,
  ValidationPipe
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { JwtModule, JwtService } from '@nestjs/jwt'
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm'
import argon2 from 'argon2'
import { IsEmail, IsOptional, IsString, Length } from 'class-validator'
import { ExtractJwt, Strategy } from 'passport-jwt'
import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  MoreThan,
  PrimaryGeneratedColumn,
  Repository,
  UpdateDateColumn
} from 'typeorm'

const { PORT, DATABASE_FILE, JWT_SECRET = '' } = process.env
const HASHING = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
const REFRESH_TTL = 30 * 86_400_000

@Entity()
class User {
  @PrimaryGeneratedColumn() id: number
  @Column() username: string
  @Column({ unique: true }) email: string
  @Column() password: string
}

@Entity()
class RefreshToken {
  @PrimaryGeneratedColumn() id: number
  @Column() userId: number
  @Column({ unique: true }) token: string
  @Column({ default: false }) used: boolean
  @Column() expiresAt: Date
}

@Entity()
@Index(['userId', 'id'])
class Todo {
  @PrimaryGeneratedColumn() id: number
  @Column() userId: number
  @Column() title: string
  @Column({ type: 'text', nullable: true }) description: string | null
  @Column({ default: false }) done: boolean
  @CreateDateColumn() createdAt: Date
  @UpdateDateColumn() updatedAt: Date
}

class Credentials {
  @IsEmail() email: string
  @IsString() password: string
}
class Account extends Credentials {
  @IsString() username: string
}
class Pair {
  @IsString() accessToken: string
  @IsString() refreshToken: string
}
class NewTodo {
  @IsString() @Length(1, 500) title: string
  @IsOptional() @IsString() description?: string
}

interface Authenticated {
  user: { id: number }
}

const digest = (token: string) => createHash('sha256').update(token).digest('base64url')

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: JWT_SECRET })
  }
  validate({ sub }: { sub: string }) {
    return { id: Number(sub) }
  }
}

@Injectable()
class JwtAuthGuard extends AuthGuard('jwt') {}

@Injectable()
class AuthService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    @InjectRepository(RefreshToken) private readonly tokens: Repository<RefreshToken>,
    private readonly jwt: JwtService
  ) {}

  async register({ username, email, password }: Account) {
    const user = await this.users.save({ username, email, password: await argon2.hash(password, HASHING) })
    return this.issue(user.id, this.tokens)
  }

  async login({ email, password }: Credentials) {
    const user = await this.users.findOneBy({ email })
    if (!user || !(await argon2.verify(user.password, password))) throw new UnauthorizedException()
    return this.issue(user.id, this.tokens)
  }

  async refresh({ accessToken, refreshToken }: Pair) {
    const { sub } = await this.jwt.verifyAsync(accessToken, { ignoreExpiration: true })
    return this.tokens.manager.transaction(async manager => {
      const tokens = manager.getRepository(RefreshToken)
      const found = await tokens.findOneBy({ token: digest(refreshToken), userId: Number(sub) })
      if (!found || found.used || found.expiresAt < new Date()) throw new UnauthorizedException()
      await tokens.update({ id: found.id, used: false }, { used: true })
      return this.issue(found.userId, tokens)
    })
  }

  private async issue(userId: number, tokens: Repository<RefreshToken>) {
    const refreshToken = randomBytes(32).toString('base64url')
    const expiresAt = new Date(Date.now() + REFRESH_TTL)
    await tokens.insert({ userId, token: digest(refreshToken), expiresAt })
    return { accessToken: await this.jwt.signAsync({ sub: String(userId) }), refreshToken }
  }
}

@Controller('api/auth')
class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('register')
  register(@Body() account: Account) {
    return this.auth.register(account)
  }

  @Post('login')
  @HttpCode(200)
  login(@Body() credentials: Credentials) {
    return this.auth.login(credentials)
  }

  @Post('refresh')
  @HttpCode(200)
  refresh(@Body() pair: Pair) {
    return this.auth.refresh(pair)
  }
}

@Controller('api/todos')
@UseGuards(JwtAuthGuard)
class TodosController {
  constructor(@InjectRepository(Todo) private readonly todos: Repository<Todo>) {}

  @Get()
  async list(@Req() { user }: Authenticated, @Query('limit') limit = '50', @Query('cursor') cursor = '0') {
    const items = await this.todos.find({
      where: { userId: user.id, id: MoreThan(Number(cursor)) },
      order: { id: 'ASC' },
      take: Number(limit)
    })
    return { items, nextCursor: items.at(-1)?.id ?? null }
  }

  @Post()
  async create(@Req() { user }: Authenticated, @Body() { title, description }: NewTodo) {
    return this.todos.save({ userId: user.id, title, description: description ?? null })
  }

  @Get(':id')
  async read(@Req() { user }: Authenticated, @Param('id', ParseIntPipe) id: number) {
    const todo = await this.todos.findOneBy({ id, userId: user.id })
    if (!todo) throw new NotFoundException()
    return todo
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      database: DATABASE_FILE as string,
      entities: [User, RefreshToken, Todo],
      synchronize: true,
      enableWAL: true,
      prepareDatabase: db => db.pragma('synchronous = FULL')
    }),
    TypeOrmModule.forFeature([User, RefreshToken, Todo]),
    PassportModule,
    JwtModule.register({ secret: JWT_SECRET, signOptions: { expiresIn: '1h' } })
  ],
  providers: [AuthService, JwtStrategy],
  controllers: [AuthController, TodosController]
})
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error'] })
app.set('etag', false)
app.disable('x-powered-by')
app.useGlobalPipes(new ValidationPipe({ whitelist: true }))
await app.listen(Number(PORT), '127.0.0.1')
